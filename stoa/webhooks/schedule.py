"""When a failed delivery is tried again, and when it is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SETTING = "STOA_WEBHOOK_RETRIES"
JITTER = 0.2
LONGEST_GAP = 7 * 24 * 3600
MOST_GAPS = 20


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """The gaps, in seconds, between the requests of one round.

    The default makes 4 requests within 20 minutes: 15 minutes of gaps, 3 of jitter, 40 seconds of timeouts.
    """

    gaps: tuple[int, ...] = (60, 240, 600)

    @classmethod
    def parse(cls, text: str) -> "RetrySchedule":
        """Read the setting, "60,240,600" (empty: no second request); ValueError says what is wrong with it."""
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        sound = all(part.isdecimal() and 1 <= int(part) <= LONGEST_GAP for part in parts)
        if not sound or len(parts) > MOST_GAPS:
            raise ValueError(
                f"{SETTING} must be at most {MOST_GAPS} gaps of 1 to {LONGEST_GAP} whole seconds"
                " separated by commas, such as 60,240,600."
            )
        return cls(tuple(int(part) for part in parts))

    def due_after(self, tries: int, now: datetime, jitter: float) -> datetime | None:
        """Say when to try again after so many failed requests, or None when the delivery is dead.

        ``jitter`` in [0, 1) lengthens the gap by up to a fifth, so that what failed together does not return together.
        """
        if tries > len(self.gaps):
            return None
        return now + timedelta(seconds=self.gaps[tries - 1] * (1 + JITTER * jitter))
