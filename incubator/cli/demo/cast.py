"""Who plays in the demo: invented names and figures; days are months before today."""

from dataclasses import dataclass, replace

from incubator.spaces.models import UnitKind

FACILITY, ANNEX = "aoba", "west"
PASSWORD = "aoba-demo-2026"  # noqa: S105 - printed on the screen: everybody may sign in
OFFICE, WET, WORKSHOP, DESK = (
    UnitKind.OFFICE,
    UnitKind.WET_LAB,
    UnitKind.WORKSHOP,
    UnitKind.SHARED_DESK,
)


@dataclass(frozen=True)
class Space:
    """A unit: area in 0.01 m², rent and common fee a month in yen."""

    code: str
    kind: UnitKind
    area: int
    rent: int
    fee: int


SPACES = (
    Space("101", OFFICE, 2811, 66058, 14055),
    Space("102", OFFICE, 3412, 80182, 17060),
    Space("103", OFFICE, 3281, 77103, 16405),
    Space("104", OFFICE, 5627, 132234, 28135),
    Space("105", WET, 4920, 162360, 24600),
    Space("106", OFFICE, 3464, 81404, 17320),
    Space("107", OFFICE, 4601, 108123, 23005),
    Space("108", WORKSHOP, 5685, 119385, 28425),
    Space("109", OFFICE, 4385, 103047, 21925),
    Space("201", WET, 4466, 147378, 22330),
    Space("202", OFFICE, 2915, 68502, 14575),
    Space("203", OFFICE, 2981, 70053, 14905),
    Space("204", WORKSHOP, 3935, 82635, 19675),
    Space("205", OFFICE, 6050, 142175, 30250),
    Space("206", OFFICE, 8158, 191713, 40790),
    Space("207", WET, 8454, 278982, 42270),
    Space("208", OFFICE, 3175, 74612, 15875),
    Space("209", OFFICE, 6423, 150940, 32115),
    Space("301", WET, 3797, 125301, 18985),
    Space("302", WORKSHOP, 5909, 124089, 29545),
    Space("303", DESK, 400, 8000, 0),
    Space("304", OFFICE, 4063, 95480, 20315),
    Space("305", WET, 6826, 225258, 34130),
    Space("306", WORKSHOP, 2939, 61719, 14695),
    Space("307", WORKSHOP, 2678, 56238, 13390),
    Space("308", OFFICE, 3412, 80182, 17060),
    Space("309", WET, 7684, 253572, 38420),
)


@dataclass(frozen=True)
class Part:
    """A venture: its unit, when it moved in, for how long, and how it pays.

    `pays` is how many days around the due day; None from `stops` months before today on.
    """

    unit: str
    name: str
    english: str
    kana: str
    owner: str
    months_ago: int
    term: int = 60
    day: int = 1
    deposit: int = 3
    programme: str = ""
    steps: tuple[tuple[int, int], ...] = ()
    pays: int = -2
    stops: int | None = None
    leaves: int | None = None
    sales: int = 900_000
    jobs: int = 3
    lazy: bool = False


GROWING = ((1, 6000), (2, 8000))
PARTS = (
    Part("101", "株式会社くもロボティクス", "Kumo Robotics", "クモロボティクス", "石井 蓮", 28,
         programme="LAB", sales=4_800_000, jobs=8),
    Part("102", "株式会社ひかりバイオ", "Hikari Biotech", "ヒカリバイオ", "大野 光", 41,
         programme="CITY", sales=2_600_000, jobs=6, pays=-5),
    Part("103", "株式会社なみエナジー", "Nami Energy", "ナミエナジー", "波多野 凪", 30, day=16,
         programme="CITY", steps=GROWING),
    Part("104", "株式会社いし新素材", "Ishi Materials", "イシシンソザイ", "田中 恵", 43,
         programme="LAB", pays=0),
    Part("206", "株式会社もり食品ラボ", "Mori Foods Lab", "モリショクヒンラボ", "森 健二", 50,
         leaves=5, sales=8_200_000, jobs=16, pays=-1),
    Part("107", "株式会社たねアグリテック", "Tane AgriTech", "タネアグリテック", "佐々木 美佳", 25,
         day=16, programme="CITY", pays=4),
    Part("108", "株式会社そら光学", "Sora Optics", "ソラコウガク", "空野 翼", 55, term=60, day=16,
         programme="LAB"),
    Part("109", "株式会社うみデータ", "Umi Data", "ウミデータ", "阿部 匠", 37, programme="CITY"),
    Part("309", "株式会社ほしメディカル", "Hoshi Medical", "ホシメディカル", "星 明日香", 45,
         leaves=14, sales=9_500_000, jobs=20),
    Part("203", "株式会社かぜモビリティ", "Kaze Mobility", "カゼモビリティ", "風間 走", 31, day=16,
         programme="CITY", pays=12),
    Part("204", "株式会社つきソフトウェア", "Tsuki Software", "ツキソフトウェア", "中村 葵", 4,
         term=36, programme="LAB", steps=GROWING),
    Part("205", "株式会社やまセンサー", "Yama Sensor", "ヤマセンサー", "山根 岳", 55, day=16,
         deposit=0, programme="CITY"),
    Part("207", "株式会社すな半導体", "Suna Semiconductor", "スナハンドウタイ", "砂川 透", 19,
         term=36, programme="CITY", sales=3_100_000, jobs=9),
    Part("301", "株式会社ゆきクライオ", "Yuki Cryo", "ユキクライオ", "雪村 凛", 57, term=60,
         programme="CITY", pays=-8),
    Part("302", "株式会社はなコスメ", "Hana Cosme", "ハナコスメ", "花田 芽衣", 30, day=16, stops=3),
    Part("303", "株式会社とりドローン", "Tori Drone", "トリドローン", "鳥居 隼", 34, term=36,
         deposit=0, lazy=True),
    Part("304", "株式会社くさ再生", "Kusa Saisei", "クササイセイ", "草野 蒼", 7, day=16, deposit=0,
         programme="LAB", steps=GROWING),
    Part("305", "株式会社あめ気象", "Ame Weather", "アメキショウ", "雨宮 律", 25, sales=2_200_000),
    Part("306", "株式会社にじ印刷", "Niji Print", "ニジインサツ", "虹川 彩", 28, day=16,
         programme="CITY", stops=2),
    Part("307", "株式会社きり空調", "Kiri Aircon", "キリクウチョウ", "霧島 蓮司", 40,
         programme="CITY"),
    Part("308", "株式会社みなと物流", "Minato Logistics", "ミナトブツリュウ", "港 大地", 16,
         term=36, day=16, programme="LAB", lazy=True),
    Part("106", "株式会社あかり照明", "Akari Lighting", "アカリショウメイ", "明石 灯", 22,
         deposit=0, programme="CITY"),
    Part("206", "株式会社つち測量", "Tsuchi Survey", "ツチソクリョウ", "土田 測", 3, term=36,
         steps=GROWING, programme="LAB"),
    Part("309", "株式会社かわ浄水", "Kawa Water", "カワジョウスイ", "川口 清", 12,
         programme="CITY", sales=1_700_000, jobs=5),
)  # fmt: skip
FLOORS = 3


@dataclass(frozen=True)
class Cast:
    """Everybody who plays, and where; a larger demo has the same again on further floors."""

    spaces: tuple[Space, ...]
    parts: tuple[Part, ...]
    managers: tuple[str, ...]


def cast_of(scale: int) -> Cast:
    """The cast of a house so many times as large."""
    turns = range(scale)
    return Cast(
        spaces=tuple(
            replace(space, code=_above(space.code, turn)) for turn in turns for space in SPACES
        ),
        parts=tuple(_again(part, turn) for turn in turns for part in PARTS),
        managers=tuple(f"manager{n if n > 1 else ''}" for n in range(1, 2 * scale + 1)),
    )


def _above(code: str, turn: int) -> str:
    return f"{int(code[:-2]) + FLOORS * turn}{code[-2:]}"


def _again(part: Part, turn: int) -> Part:
    if not turn:
        return part
    first, _, rest = part.english.partition(" ")
    return replace(
        part,
        unit=_above(part.unit, turn),
        name=f"{part.name}{turn + 1}",
        english=f"{first}{turn + 1} {rest}",
    )


CLOSED_UNITS = (("201", 3, "空調設備の更新工事"), ("209", 2, "空調設備の更新工事"))
OFFERED = Part("105", "株式会社いと繊維テック", "Ito Fibre Tech", "イトセンイテック", "糸井 紡", 0,
               term=36, programme="CITY", steps=GROWING)  # fmt: skip
LEAVING = "株式会社きり空調"
RENEWING = "株式会社とりドローン"
WRONG_DAY = "株式会社あめ気象"
PAYS_TWICE = "株式会社うみデータ"
ROOMS = (
    ("MR-A", "会議室A", "Meeting room A", "1F", 8, "スクリーン、Web会議", 800, 10),
    ("MR-B", "会議室B", "Meeting room B", "2F", 4, "モニター", 500, 0),
    ("MR-C", "会議室C", "Meeting room C", "3F", 12, "プロジェクター、Web会議", 1_200, 10),
    ("HALL", "イベントホール", "Event hall", "1F", 60, "ステージ、音響", 3_000, 30),
    ("BOOTH", "電話ブース", "Phone booth", "2F", 1, "", 0, 0),
    ("SHOP", "共用工作室", "Shared workshop", "1F", 6, "3Dプリンター、レーザーカッター", 600, 15),
)
STAFF = (
    ("admin", "facility_admin", "高橋 一郎"),
    ("clerk", "clerk", "鈴木 花子"),
    ("manager", "manager", "佐藤 美佳"),
    ("manager2", "manager", "伊藤 健"),
    ("mentor", "mentor", "田中 恵美"),
)
TOPICS = (
    "資金繰りと次の調達",
    "販路開拓の進め方",
    "知財と共同研究契約",
    "採用計画",
    "事業計画の見直し",
)
RECORDS = (
    "売上の見通しと固定費を確認した。来月までに資金繰り表を更新する。",
    "大手メーカーとの商談の準備をした。導入事例を1枚にまとめる。",
    "大学との共同研究契約の論点を整理した。知財の帰属を先に決める。",
    "技術職の採用条件を検討した。求人票の案を次回までに作る。",
    "3年計画の数字を見直した。卒業の時期は来年度末を目標とする。",
)
TASKS = ("資金繰り表を更新する", "導入事例を1枚にまとめる", "共同研究契約の案を送る",
         "求人票の案を作る", "3年計画を更新する")  # fmt: skip
MEETINGS = ("定例会議", "来客対応", "採用面接", "製品デモ", "取締役会", "顧客との打ち合わせ")
