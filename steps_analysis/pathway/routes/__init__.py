"""Where does a case go next, and what does it find there?"""
