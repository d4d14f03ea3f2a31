"""Will recruitment reach its target, and can the services take who comes?"""
