"""How is a label of the protocol written within a sentence?"""

from __future__ import annotations


def in_sentence(label: str) -> str:
    """
    Write a label, or a whole sentence, as it stands within a sentence.

    Parameters
    ----------
    label
        The label, with a capital.

    Returns
    -------
    str
        Without it, unless it begins an abbreviation, or a further word with a capital
        shows that the label is a name.

    Examples
    --------
    >>> in_sentence("New placement"), in_sentence("Strengths and Difficulties total")
    ('new placement', 'Strengths and Difficulties total')
    >>> in_sentence("AIM at referral"), in_sentence("Age at the first AIM assessment")
    ('AIM at referral', 'age at the first AIM assessment')
    """
    first, *others = label.split(" ")
    is_abbreviated = first[1:] != first[1:].lower()
    is_name = is_abbreviated or any(word.istitle() for word in others)
    return label if is_name else label[:1].lower() + label[1:]
