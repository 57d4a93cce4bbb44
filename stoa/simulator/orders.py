from random import Random


def believable_order(random: Random | None = None) -> dict[str, object]:
    from stoa.operator.examples import ORDER

    return dict(ORDER)
