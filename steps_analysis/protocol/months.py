"""Months as days: one conversion for every horizon, window and waiting time."""

DAYS_PER_MONTH = 365.25 / 12


def days_in(months: float) -> int:
    """
    Convert a protocol's months into whole days.

    Every horizon, window and waiting time of the package is converted here, so that "by
    20 months" means the same day in a table, a curve and a diary.

    Parameters
    ----------
    months
        Months from time zero.

    Returns
    -------
    int
        Days, a month being 365.25 / 12 of them.

    Examples
    --------
    >>> days_in(20)
    609
    """
    return round(months * DAYS_PER_MONTH)
