"""The ledger itself: a trial's real allocations, made and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.randomisation.ledger import exporting, records
from steps_analysis.randomisation.ledger.allocating import allocate_family, earlier
from steps_analysis.randomisation.ledger.book import Book, Entry, read_book
from steps_analysis.randomisation.ledger.declaration import Declaration
from steps_analysis.randomisation.ledger.keys import Key
from steps_analysis.randomisation.ledger.opening import create, find_key, read_opening
from steps_analysis.randomisation.ledger.receipts import Receipt
from steps_analysis.randomisation.ledger.replaying import replay
from steps_analysis.randomisation.ledger.requests import request
from steps_analysis.randomisation.ledger.store import transaction
from steps_analysis.randomisation.ledger.verification import (
    Verification,
    verification,
)
from steps_analysis.randomisation.ledger.verifying import chain_fault
from steps_analysis.randomisation.ledger.writing import Act, check_who, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """
    The chained record of a trial's allocations, which also makes them.

    Attributes
    ----------
    path
        The file, a SQLite database. It holds arms: who may read ``allocation.csv`` may
        read it, nobody else.
    declaration
        What it allocates; fixed when it was created.
    ledger_id
        Its public name.
    commitment
        The public commitment to its key.
    key
        Its key; None where it was opened without: then it can be read and verified,
        and nothing can be added.

    Notes
    -----
    Each entry holds the hash of the one before it, so nothing can be altered, inserted,
    reordered or removed unseen. Everything about a child stands beside the chain, which
    holds only a salted digest of it, so it can be erased and the chain still holds. An
    arm follows from procedure, history and a number drawn with the key; so it cannot be
    foreseen without the key, and can be proven with it. What this protects from, and
    what it does not, is said in ``docs/ledger.md``. Not validated for live use under
    good clinical practice.

    Examples
    --------
    >>> from datetime import UTC
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> trial = Declaration(trial="Example", arms=("MST-PSB", "MAU"),
    ...                     procedure=PermutedBlocks(4), provenance="synthetic")
    >>> day = datetime(2014, 3, 14, 9, 30, tzinfo=UTC)
    >>> with TemporaryDirectory() as folder:
    ...     ledger = Ledger.create(Path(folder) / "ledger", trial, by="TU-1", at=day)
    ...     first = ledger.allocate("P01", by="TU-1", at=day)
    ...     again = ledger.allocate("P01", by="TU-2", at=day)
    ...     found = ledger.verify([first])
    >>> first.entry, first.arm, again.repeated, again.head == first.head
    (1, 'MAU', True, True)
    >>> found.is_whole, found.n_proven
    (True, 1)
    """

    path: Path
    declaration: Declaration
    ledger_id: str
    commitment: str
    key: Key | None = field(repr=False)

    @classmethod
    def create(
        cls,
        path: str | Path,
        declaration: Declaration,
        *,
        key_path: str | Path | None = None,
        by: str,
        at: datetime | None = None,
    ) -> Ledger:
        """
        Create a ledger and its key.

        Parameters
        ----------
        path
            The new file.
        declaration
            What it allocates; see `declaration.declare` for that of a protocol.
        key_path
            The new key file: outside every git repository and away from the ledger and
            the trial's files. Required where families are real; without it a synthetic
            ledger has the published test key.
        by
            Staff code of who creates it.
        at
            When; None means now.

        Returns
        -------
        Ledger
            Open for allocation, nobody allocated yet.

        Raises
        ------
        ArgumentError
            If a file is there already, or a place is refused.
        """
        place = Path(path)
        key_place = None if key_path is None else Path(key_path)
        create(place, declaration, key_place, by=check_who(by), at=moment(at))
        return cls.open(place, key_path=key_path)

    @classmethod
    def open(cls, path: str | Path, *, key_path: str | Path | None = None) -> Ledger:
        """
        Open a ledger.

        Parameters
        ----------
        path
            The file.
        key_path
            Its key file; None to read and verify only. The published test key is found
            by itself.

        Returns
        -------
        Ledger
            The ledger.

        Raises
        ------
        DataError
            If it is no ledger, or the key is another's.
        """
        place = Path(path)
        declaration, ledger_id, commitment = read_opening(place)
        return cls(
            path=place,
            declaration=declaration,
            ledger_id=ledger_id,
            commitment=commitment,
            key=find_key(key_path, ledger_id, commitment),
        )

    @property
    def head(self) -> str:
        """The hash of the last entry: it stands for the whole ledger."""
        return self._book().entries[-1].hash

    def allocate(
        self,
        participant_id: str,
        levels: Mapping[str, str] | None = None,
        *,
        family_id: str | None = None,
        by: str,
        at: datetime | None = None,
    ) -> Receipt:
        """
        Allocate a family, or say again what was allocated.

        Parameters
        ----------
        participant_id
            The child.
        levels
            The family's level of every factor the procedure looks at.
        family_id
            The family: another child of it has its arm. None where the child is its
            only one; a sibling that comes later is then not found.
        by
            Staff code of who asks.
        at
            When; None means now.

        Returns
        -------
        Receipt
            With the arm. The same child with the same levels gets the same receipt,
            marked `repeated`, and nothing is recorded.

        Raises
        ------
        ArgumentError
            If a level is unknown or absent, or as many as planned are allocated.
        DataError
            If the child was allocated with other levels or another family (that is a
            mis-randomisation, to be recorded), or the ledger is not whole.
        """
        asked = request(self.declaration, participant_id, levels, family_id)
        with self._act(by, at) as act:
            known = earlier(act.book, self.declaration, asked)
            entry = allocate_family(act, asked) if known is None else known
            allocation = act.book.allocation_of(entry)
        return self._receipt(
            entry,
            allocation,
            participant_id=asked.participant_id,
            tells_arm=True,
            repeated=known is not None,
        )

    def break_code(
        self,
        participant_id: str,
        reason: records.WhyBroken,
        *,
        by: str,
        at: datetime | None = None,
    ) -> Receipt:
        """
        Record that somebody masked learns an arm, then tell it.

        Parameters
        ----------
        participant_id
            The child.
        reason
            ``"accident"``, ``"analysis"``, ``"authority"``, ``"care"`` or ``"safety"``.
        by
            Staff code of who learns it.
        at
            When; None means now.

        Returns
        -------
        Receipt
            With the arm.

        Raises
        ------
        ArgumentError
            If the reason is not on the list.
        DataError
            If there is no such child, or the ledger is not whole.
        """
        return self._record(
            lambda act: records.code_break(act, participant_id, reason),
            participant_id,
            by,
            at,
            tells_arm=True,
        )

    def record_mis_randomisation(
        self,
        participant_id: str,
        mistake: records.Mistake,
        *,
        right_levels: Mapping[str, str] | None = None,
        by: str,
        at: datetime | None = None,
    ) -> Receipt:
        """
        Record that an allocation should have been made otherwise, or not at all.

        Parameters
        ----------
        participant_id
            The child.
        mistake
            ``"no-consent"``, ``"not-eligible"``, ``"twice"`` or ``"wrong-levels"``.
        right_levels
            The levels as they should have been, where they were wrong.
        by
            Staff code of who records it.
        at
            When; None means now.

        Returns
        -------
        Receipt
            Without the arm.

        Raises
        ------
        ArgumentError
            If the mistake is not on the list, or a level unknown.
        DataError
            If there is no such child, or the ledger is not whole.

        Notes
        -----
        Nothing is undone: the arm stands, and later families are balanced against the
        levels entered, so that every allocation can be proven from what was known.
        """
        return self._record(
            lambda act: records.mis_randomisation(
                act, participant_id, mistake, right_levels
            ),
            participant_id,
            by,
            at,
        )

    def withdraw_data(
        self,
        participant_id: str,
        *,
        erase: records.Erasure = "identity",
        by: str,
        at: datetime | None = None,
    ) -> Receipt:
        """
        Erase what the ledger holds about a child.

        Parameters
        ----------
        participant_id
            The child.
        erase
            ``"identity"``: the identifiers; a row of levels without a name stays, for
            the balance of later families. ``"everything"``: the levels too; later
            families are then balanced as if they were not known, and allocations that
            looked at them can be proven up to their draw only.
        by
            Staff code of who records it.
        at
            When; None means now.

        Returns
        -------
        Receipt
            Without child and arm.

        Raises
        ------
        ArgumentError
            If there is no such way of erasing.
        DataError
            If there is no such child, the ledger is not whole, or the procedure could
            not go on without the levels.

        Notes
        -----
        Entry, arm and salted digests stay: they say that somebody was allocated, not
        who. The file's own pages are overwritten; copies made earlier are not reached.
        """
        return self._record(
            lambda act: records.withdrawal(act, participant_id, erase), None, by, at
        )

    def verify(self, receipts: Sequence[Receipt] = ()) -> Verification:
        """
        Look for the first entry that was altered, inserted, reordered or removed.

        Parameters
        ----------
        receipts
            Receipts kept at the sites: only they show that the last entries are still
            there.

        Returns
        -------
        Verification
            What was found. With the key, seals are checked and every allocation is
            proven as well.

        Raises
        ------
        DataError
            If a receipt is of another ledger.
        """
        if any(receipt.ledger_id != self.ledger_id for receipt in receipts):
            rule = f"be of this ledger, {self.ledger_id}"
            raise DataError(refusal("receipts", rule, "one of another"))
        return verification(self._book(), self.declaration, receipts, key=self.key)

    def replay(self) -> pd.DataFrame:
        """
        Prove every allocation from the key and what had been recorded before it.

        Returns
        -------
        pandas.DataFrame
            One row per allocation: entry, place, arm, is_proven (``"yes"``, ``"draw
            only"`` where levels were erased since, ``"no"``), why.

        Raises
        ------
        ArgumentError
            If the ledger was opened without its key.
        DataError
            If the ledger is not whole.
        """
        return replay(self._whole_book(), self.declaration, self._need_key())

    def masked_list(self, *, edition: exporting.Edition = "release") -> pd.DataFrame:
        """
        List who was allocated, and when, but not to what.

        Parameters
        ----------
        edition
            ``"release"`` with months; ``"internal"`` with days, for the trial's own
            staff.

        Returns
        -------
        pandas.DataFrame
            Columns participant_id, entry, ledger_entry, and randomisation_month or
            randomisation_date.

        Raises
        ------
        ArgumentError
            If there is no such edition.
        DataError
            If the ledger is not whole.
        """
        return exporting.masked_list(self._whole_book(), edition=edition)

    def redcap_list(self) -> pd.DataFrame:
        """
        Write the allocations made as REDCap's allocation table for a masked project.

        Returns
        -------
        pandas.DataFrame
            Columns redcap_randomization_number and, coded, one per factor; no arm.

        Raises
        ------
        DataError
            If the ledger is not whole.
        """
        return exporting.redcap_list(self._whole_book(), self.declaration)

    def allocation_table(self) -> pd.DataFrame:
        """
        Write the trial's concealed ``allocation.csv``.

        Returns
        -------
        pandas.DataFrame
            Columns participant_id, arm, ledger_entry; for those only who may know arms.

        Raises
        ------
        DataError
            If the ledger is not whole.
        """
        return exporting.allocation_table(self._whole_book())

    def _book(self) -> Book:
        """Read all that the ledger holds now."""
        with transaction(self.path, write=False) as connection:
            return read_book(connection)

    def _whole_book(self) -> Book:
        """Read all that the ledger holds; refuse to go on where it is damaged."""
        book = self._book()
        _check_whole(book, self.key)
        return book

    def _need_key(self) -> Key:
        """Refuse what takes the key where it was not given."""
        if self.key is None:
            raise ArgumentError(refusal("key_path", "be given for this", None))
        return self.key

    @contextmanager
    def _act(self, by: str, at: datetime | None) -> Iterator[Act]:
        """Begin an act that writes; two of them take turns."""
        key, who, when = self._need_key(), check_who(by), moment(at)
        with transaction(self.path, write=True) as connection:
            book = read_book(connection)
            _check_whole(book, key)
            yield Act(
                connection=connection,
                book=book,
                declaration=self.declaration,
                ledger_id=self.ledger_id,
                key=key,
                by=who,
                at=when,
            )

    def _record(
        self,
        recorder: Callable[[Act], Entry],
        participant_id: str | None,
        by: str,
        at: datetime | None,
        *,
        tells_arm: bool = False,
    ) -> Receipt:
        """Record one thing about a child, and give the receipt."""
        with self._act(by, at) as act:
            entry = recorder(act)
            allocation = act.book.allocation_of(entry)
        return self._receipt(
            entry, allocation, participant_id=participant_id, tells_arm=tells_arm
        )

    def _receipt(
        self,
        entry: Entry,
        allocation: Entry,
        *,
        participant_id: str | None,
        tells_arm: bool,
        repeated: bool = False,
    ) -> Receipt:
        """Write the receipt of an entry."""
        return Receipt(
            trial=self.declaration.trial,
            ledger_id=self.ledger_id,
            entry=entry.number,
            head=entry.hash,
            kind=entry.kind,
            at=entry.said["at"],
            participant_id=participant_id,
            arm=allocation.said["arm"] if tells_arm else None,
            allocation_entry=allocation.number,
            provenance=self.declaration.provenance,
            repeated=repeated,
        )


def _check_whole(book: Book, key: Key | None) -> None:
    """Refuse to go on with a ledger that is damaged."""
    fault = chain_fault(book, key=key)
    if fault is not None:
        rule = "be whole"
        hint = "stop allocating, keep the file as it is, and tell the statistician"
        given = f"entry {fault.entry}: {fault.damage}"
        raise DataError(refusal("ledger", rule, given, hint=hint))
