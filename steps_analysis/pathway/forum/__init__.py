"""When does a forum meet, what does it hear, and what becomes of it?"""
