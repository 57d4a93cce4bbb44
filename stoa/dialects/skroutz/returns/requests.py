"""What merchants answer to returns (Skroutz Smart Cart, Returns API, review). Unknown fields are ignored."""

from typing import Annotated

from msgspec import Meta, Struct

from stoa.dialects.skroutz.faults import say
from stoa.dialects.skroutz.returns.view import OPTION_WORDS
from stoa.orders.commands import ReviewReturn
from stoa.orders.refusals import Refusal, Refused
from stoa.orders.returning import review
from stoa.web.bodies import JsonReader

_OPTIONS = {word: option for option, word in OPTION_WORDS.items()}

Option = Annotated[str, Meta(extra_json_schema={"enum": list(_OPTIONS)})]
Comment = Annotated[str, Meta(max_length=1000)]
WebAddress = Annotated[str, Meta(pattern=r"^https?://[^\s/?#]\S*$(?!\n)", max_length=2048)]


class ReviewBody(Struct, frozen=True):
    """POST /returns/:return_code/review"""

    option: Option
    comment: Comment | None = None
    proposed_part_url: WebAddress | None = None

    def command(self) -> ReviewReturn:
        """The command. Raises Fault."""
        option = _OPTIONS.get(self.option)
        if option is None:
            raise say(Refused(Refusal.NO_SUCH_OPTION, "option"))
        return review(option, comment=self.comment, proposed_part_url=self.proposed_part_url)


read_review = JsonReader(ReviewBody)
