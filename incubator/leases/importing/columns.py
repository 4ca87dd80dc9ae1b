"""What the columns and words of a rent roll may be called, in Japanese and English."""

import re
from collections.abc import Sequence

from incubator.core.i18n import Label, Message, say
from incubator.core.reading import tidy
from incubator.spaces.models import UnitKind


class Column(Label):
    """What we take from a rent roll."""

    UNIT = "unit"
    FLOOR = "floor"
    KIND = "kind"
    AREA = "area"
    RENT = "rent"
    COMMON_FEE = "common_fee"
    STATE = "state"
    TENANT = "tenant"
    CORPORATE_NUMBER = "corporate_number"
    REPRESENTATIVE = "representative"
    EMAIL = "email"
    FOUNDED_ON = "founded_on"
    STARTS_ON = "starts_on"
    ENDS_ON = "ends_on"
    DEPOSIT_MONTHS = "deposit_months"
    PROGRAMMES = "programmes"
    NOTE = "note"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.UNIT: say("Unit"),
            cls.FLOOR: say("Floor"),
            cls.KIND: say("Kind"),
            cls.AREA: say("Area"),
            cls.RENT: say("Monthly rent"),
            cls.COMMON_FEE: say("Common-area fee"),
            cls.STATE: say("State"),
            cls.TENANT: say("Tenant"),
            cls.CORPORATE_NUMBER: say("Corporate number"),
            cls.REPRESENTATIVE: say("Representative"),
            cls.EMAIL: say("E-mail"),
            cls.FOUNDED_ON: say("Founded on"),
            cls.STARTS_ON: say("Lease starts"),
            cls.ENDS_ON: say("Lease ends"),
            cls.DEPOSIT_MONTHS: say("Deposit (months)"),
            cls.PROGRAMMES: say("Subsidy programme"),
            cls.NOTE: say("Note"),
        }


NEEDED = (Column.UNIT, Column.FLOOR, Column.AREA, Column.RENT, Column.STATE)
OF_A_LEASE = (Column.TENANT, Column.STARTS_ON, Column.ENDS_ON)
OF_A_VENTURE = (
    Column.CORPORATE_NUMBER, Column.REPRESENTATIVE, Column.EMAIL, Column.FOUNDED_ON,
)  # fmt: skip
"""What a file fills in of a venture where the house knows nothing."""
OF_A_UNIT = {
    Column.FLOOR: "floor", Column.KIND: "kind", Column.AREA: "area", Column.RENT: "list_rent",
    Column.COMMON_FEE: "common_fee", Column.NOTE: "note",
}  # fmt: skip
"""What a file says of a unit, as the house calls it."""
CALLED = {
    Column.UNIT: "区画 号室 部屋 部屋番号 室番号 区画番号 unit unitcode room roomno roomnumber",
    Column.FLOOR: "階 フロア 階数 floor storey",
    Column.KIND: "種別 種類 用途 部屋種別 区画種別 kind type unittype use",
    Column.AREA: "面積 専有面積 床面積 貸付面積 area aream2 m2 sqm floorarea",
    Column.RENT: "月額賃料 賃料 家賃 使用料 月額使用料 rent monthlyrent baserent listrent",
    Column.COMMON_FEE: "共益費 管理費 月額共益費 commonfee commonareafee servicecharge",
    Column.STATE: "状態 入居状況 状況 state status",
    Column.TENANT: "入居企業 入居者 企業名 会社名 法人名 入居企業名 tenant company venture lessee",
    Column.CORPORATE_NUMBER: "法人番号 corporatenumber companynumber registrationno",
    Column.REPRESENTATIVE: "代表者 代表者名 代表者氏名 代表取締役 representative ceo director",
    Column.EMAIL: "メール メールアドレス eメール email mail emailaddress",
    Column.FOUNDED_ON: "設立日 設立年月日 設立 創業日 foundedon founded incorporated",
    Column.STARTS_ON: "契約開始 契約開始日 開始日 入居日 leasestarts start startson from",
    Column.ENDS_ON: "契約終了 契約終了日 終了日 満了日 leaseends end endson until",
    Column.DEPOSIT_MONTHS: "敷金月数 敷金 保証金月数 depositmonths deposit",
    Column.PROGRAMMES: "補助制度 賃料補助 補助金 補助 subsidyprogramme subsidy subsidies programme",
    Column.NOTE: "備考 メモ 摘要 note notes remarks comment",
}
NAMED = {name: column for column, names in CALLED.items() for name in names.split()}
NOISE = re.compile(r"\(.*?\)|[\s_・:：※*./-]")

KINDS = {
    UnitKind.OFFICE: "オフィス 居室 事務室 貸オフィス 事務所 office",
    UnitKind.SHARED_DESK: "シェアードデスク シェアードオフィス デスク コワーキング shareddesk",
    UnitKind.WORKSHOP: "試作開発室 試作開発型 試作室 工房 作業場 workshop prototypeworkshop",
    UnitKind.WET_LAB: "ウェットラボ ウエットラボ 実験研究室 wetlab",
    UnitKind.DRY_LAB: "ドライラボ 研究室 ラボ 貸研究室 drylab lab",
    UnitKind.STORAGE: "倉庫 物置 収納 storage",
    UnitKind.PARKING: "駐車場 駐車区画 parking",
}
KIND_NAMED = {name: kind for kind, names in KINDS.items() for name in names.split()}


class Standing(Label):
    """What a rent roll says of a unit."""

    LET = "let"
    VACANT = "vacant"
    WORKS = "works"

    @classmethod
    def labels(cls) -> dict[str, Message]:
        """What an office calls them."""
        return {
            cls.LET: say("Let"),
            cls.VACANT: say("Vacant"),
            cls.WORKS: say("Works"),
        }


STANDINGS = {
    Standing.LET: "入居中 入居 契約中 使用中 貸付中 let occupied leased",
    Standing.VACANT: "空室 空き 空 募集中 未契約 入居予定 vacant empty available reserved",
    Standing.WORKS: "工事中 工事 改修中 修繕中 休止 使用不可 works maintenance outofservice",
}
STANDING_NAMED = {name: standing for standing, names in STANDINGS.items() for name in names.split()}
TOTALS = frozenset({"合計", "小計", "総計", "計", "total", "subtotal", "sum"})


def plain_name(text: str) -> str:
    """A heading or a word without spaces, brackets and case."""
    return NOISE.sub("", tidy(text)).casefold()


def columns_of(cells: Sequence[str]) -> dict[Column, int]:
    """Where each column stands in a heading row; the first of twins counts."""
    found: dict[Column, int] = {}
    for at, cell in enumerate(cells):
        column = NAMED.get(plain_name(cell))
        if column is not None:
            found.setdefault(column, at)
    return found


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a row names the unit and at least three more columns."""
    found = columns_of(cells)
    return Column.UNIT in found and len(found) >= 4
