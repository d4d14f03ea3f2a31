"""Plan, randomise, simulate, run and report a randomised trial across boroughs."""
