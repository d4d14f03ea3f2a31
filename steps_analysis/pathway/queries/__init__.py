"""What must a research assistant ask about?"""
