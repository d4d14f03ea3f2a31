"""How far did each family come, from referral to analysis?"""
