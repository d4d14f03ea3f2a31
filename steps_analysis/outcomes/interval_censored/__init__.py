"""What if the event is known only to lie between two visits?"""
