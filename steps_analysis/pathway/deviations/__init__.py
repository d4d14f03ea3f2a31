"""Where did a trial depart from its protocol?"""
