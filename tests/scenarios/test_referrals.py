"""A counselor points to services near a seeker with one short line, through the real daemon (helpline.md, 3.5)."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from relay.domain.referrals import Ages, Cost, Hours, Opening, Phone, Reach, Referral, Status, Where
from tests.support import watch
from tests.support.line import START, Letter, Line, Person
from tests.unit.mail.entry_samples import DOOR, HUB, LINE, OFFICE

TODAY = START.date()
LEEDS = Where(Reach.LOCAL, ("Leeds",), ("West Yorkshire",), ("GB",))
CRISIS = """
[[crisis]]
country = "international"
name = "Befrienders Worldwide"
web = "https://befrienders.org/"
checked = 2026-11-01
source = "a look"

[[crisis]]
country = "GB"
name = "Samaritans"
phone = "116 123"
checked = 2026-11-01
source = "a call"
"""


def service(number: int, **changes: object) -> Referral:
    values: dict[str, object] = {
        "name": f"Service {number}", "line": "It helps.", "topics": ("lgbt", "youth"), "languages": ("en",), "where": LEEDS,
        "phones": (Phone(f"0113 496 {number:04}", "GB"),), "cost": Cost.FREE, "verified": TODAY,
    }  # fmt: skip
    return Referral("leeds", str(number), **{**values, **changes})  # type: ignore[arg-type]


def words(letter: Letter) -> str:
    return letter.text.replace("\r\n", "\n")


async def told(line: Line, *entries: Referral) -> None:
    """The directory, as an import has made it; numbers are given in order."""
    for each in entries:
        watch.published(json.dumps(asdict(each), ensure_ascii=False, default=str))
    await line.daemon.store.referrals.put([replace(each, number=0) for each in entries])


async def conversation(
    line: Line, to: str = "help@relay.test", text: str = "I live in Leeds."
) -> tuple[Person, Letter]:
    sam = line.seeker()
    await sam.writes(text, to=to)
    request = await line.ana.receives(automatic=False)
    await sam.receives(automatic=True)
    return sam, request


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "line"
    made.mkdir()
    (made / "crisis.toml").write_text(CRISIS, "utf-8")
    return made


async def test_one_short_line_becomes_three_services(folder: Path) -> None:
    """In its place, in the seeker's words; the counselor has a copy of exactly what was sent, and the month one count."""
    async with Line(folder) as line:
        await told(line, *(service(number) for number in range(1, 6)))
        sam, request = await conversation(line)
        await line.ana.replies(
            request, "Dear Sam,\nthese may help.\n!refer lgbt youth @Leeds en 3\nI am here.\nRobin"
        )
        answer = words(await sam.receives(automatic=False))
        block = "\n\n".join(
            f"Service {n}\nIt helps.\nPhone: 0113 496 {n:04}\nLanguages: English\nCost: free\nLast checked: November 2026"
            for n in (1, 2, 3)
        )
        assert answer.startswith(f"Dear Sam,\nthese may help.\n\n{block}\n\nI am here.\nRobin\n")
        assert "!refer" not in answer
        receipt = words(await line.ana.receives(automatic=True))
        assert "\n".join(f"  {each}" if each else "" for each in block.split("\n")) in receipt
        assert await line.daemon.store.referrals.given(202611) == ((1, 1), (2, 1), (3, 1))
        await line.ana.receives_nothing()
        await sam.receives_nothing()


async def test_nothing_is_asked_about_what_a_directory_says(folder: Path) -> None:
    """Numbers, addresses and handles of a service are no contact details of the counselor's; their own still are."""
    async with Line(folder) as line:
        await told(line, replace(HUB, line="Find us as @hub_leeds or call 0113 496 0000."))
        sam, request = await conversation(line)
        await line.ana.replies(request, "Here.\n!refer #1")
        assert "@hub_leeds" in (await sam.receives(automatic=False)).text
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "Or call me: 0161 496 0999\n!refer #1")
        asked = await line.ana.receives(automatic=True)
        assert "phone number" in asked.text
        await sam.receives_nothing()
        await line.ana.replies(asked, "SEND")
        sent = words(await sam.receives(automatic=False))
        assert "0161 496 0999" in sent
        assert "@hub_leeds" in sent


async def test_an_ambiguous_question_sends_nothing(folder: Path) -> None:
    """The counselor gets what there is, with numbers, and their draft; the numbers then send it."""
    async with Line(folder) as line:
        await told(
            line,
            service(1, where=Where(Reach.LOCAL, ("Perth",), ("Scotland",), ("GB",))),
            service(2, where=Where(Reach.LOCAL, ("Perth",), ("Western Australia",), ("AU",))),
            service(
                3,
                verified=TODAY - timedelta(days=400),
                where=Where(Reach.LOCAL, ("Perth",), ("Scotland",), ("GB",)),
            ),
        )
        sam, request = await conversation(line)
        await line.ana.replies(request, "Dear Sam,\n!refer lgbt @Perth\nRobin")
        back = words(await line.ana.receives(automatic=True))
        assert back.startswith("Nothing of your message was sent")
        assert 'several places are called "Perth". Write the country with it, for example @Perth GB' in back
        assert "#1  Service 1\n  It helps." in back
        assert "#3  Service 3" in back
        assert "(Last checked: October 2025. Look whether it is still true before you send it.)" in back
        assert "write their numbers, for example: !refer #1 #2" in back
        assert "Dear Sam,\n!refer lgbt @Perth\nRobin" in back
        await sam.receives_nothing()
        assert await line.daemon.store.referrals.given(202611) == ()

        await line.ana.replies(request, "Dear Sam,\n!refer #3 #2\nRobin")
        answer = words(await sam.receives(automatic=False))
        assert answer.index("Service 3") < answer.index("Service 2")
        assert "Look whether" not in answer
        receipt = words(await line.ana.receives(automatic=True))
        assert (
            "#3  (Last checked: October 2025. Look whether it is still true before you send it.)" in receipt
        )


async def test_an_empty_answer_sends_nothing(folder: Path) -> None:
    """With the reason, and what comes nearest when there is anything."""
    async with Line(folder) as line:
        await told(line, service(1))
        sam, request = await conversation(line)
        for asked, why in (
            ("legal aid @Leeds", "nothing in the directory answers to this."),
            ("lgbt @Atlantis", "nothing in the directory answers to this."),
            ("lgbt housing @Leeds", "nothing answers to all of it. Not found: housing"),
            ("lgbt @Leeds de", "not all of it is in this language: German"),
        ):
            await line.ana.replies(request, f"Dear Sam,\n!refer {asked}")
            back = words(await line.ana.receives(automatic=True))
            assert why in back, asked
            assert f"Dear Sam,\n!refer {asked}" in back
        await sam.receives_nothing()


async def test_a_preview_is_for_the_counselor_alone(folder: Path) -> None:
    """In a reply, whose words go out without the line; and at the desk, where nobody else hears of it."""
    async with Line(folder) as line:
        await told(line, service(1), service(2, verified=None))
        sam, request = await conversation(line)
        await line.ana.replies(request, "I look for something.\n!refer? lgbt @Leeds")
        answer = words(await sam.receives(automatic=False))
        assert "Service" not in answer
        receipt = words(await line.ana.receives(automatic=True))
        assert (
            "The directory has this, as it would be sent:\n#1  Service 1\n  It helps.\n  Phone: 0113 496 0001"
            in receipt
        )
        assert (
            "(Nobody knows when this was last checked. Look whether it is still true before you send it.)"
            in receipt
        )
        await line.ana.writes("!refer? lgbt @Leeds", to="desk@relay.test")
        assert "#1  Service 1" in words(await line.ana.receives(automatic=True))
        await sam.receives_nothing()
        assert await line.daemon.store.referrals.given(202611) == ()


async def test_what_is_closed_over_or_too_old_is_never_sent(folder: Path) -> None:
    """Not by words, and not by number either."""
    async with Line(folder) as line:
        await told(
            line,
            service(1, status=Status.TEMPORARILY_CLOSED),
            service(2, verified=TODAY - timedelta(days=800)),
            service(3, until=TODAY - timedelta(days=1)),
            service(4),
        )
        sam, request = await conversation(line)
        await line.ana.replies(request, "!refer lgbt youth @Leeds")
        answer = words(await sam.receives(automatic=False))
        assert "Service 4" in answer
        assert not [n for n in (1, 2, 3) if f"Service {n}" in answer]
        await line.ana.receives(automatic=True)
        for number in (1, 2, 3, 99):
            await line.ana.replies(request, f"Look.\n!refer #{number} #4")
            back = words(await line.ana.receives(automatic=True))
            assert "these cannot be sent" in back
            assert f"#{number}" in back
        await sam.receives_nothing()


async def test_age_and_opening_hours_can_be_asked_for(folder: Path) -> None:
    """For whom it is not, and when nobody is there, is left out; of what is not known the rest decides."""
    evenings = Hours((Opening((5,), 1080, 1320),))
    async with Line(folder) as line:
        await told(
            line,
            service(1, ages=Ages(25, None), hours=evenings),
            service(2, ages=Ages(12, 25), hours=Hours((Opening((0,), 540, 600),))),
            service(3, ages=Ages(12, 25), hours=evenings),
            service(4),
        )
        sam, request = await conversation(line)
        await line.ana.replies(request, "!refer lgbt @Leeds age:16 open:sat-19:30")
        answer = words(await sam.receives(automatic=False))
        assert [n for n in (1, 2, 3, 4) if f"Service {n}" in answer] == [3, 4]
        assert answer.index("Service 3") < answer.index("Service 4")
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "!refer lgbt @Leeds open:whenever")
        back = words(await line.ana.receives(automatic=True))
        assert "nothing in the directory answers to this" in back
        await sam.receives_nothing()


async def test_a_notice_of_an_entry_is_always_sent(folder: Path) -> None:
    """And its web address follows nobody."""
    async with Line(folder) as line:
        await told(line, HUB)
        sam, request = await conversation(line)
        await line.ana.replies(request, "!refer #1")
        answer = words(await sam.receives(automatic=False))
        assert "Please note: In August the hub is at 2 Low Street" in answer
        assert "https://hub.example.org/join?group=3\n" in answer
        assert "utm_" not in answer
        assert "fbclid" not in answer


async def test_a_country_s_crisis_lines_go_in_by_one_line(folder: Path) -> None:
    """With the international entry; a country without lines sends nothing."""
    async with Line(folder) as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "Please call.\n!refer! country GB\nRobin")
        answer = words(await sam.receives(automatic=False))
        assert (
            "Please call.\n\nUnited Kingdom: Samaritans 116 123\nIn other countries: Befrienders Worldwide"
            in answer
        )
        assert "United Kingdom: Samaritans 116 123" in words(await line.ana.receives(automatic=True))
        for asked, why in (("country FR", "there are no lines for FR in crisis.toml. There are for: international, GB"),
                           ("Leeds", "write the country with two letters")):  # fmt: skip
            await line.ana.replies(request, f"!refer! {asked}")
            assert why in words(await line.ana.receives(automatic=True))
        await sam.receives_nothing()


async def test_a_broken_entry_reaches_the_operator_and_says_nothing_of_anybody(folder: Path) -> None:
    """Number, name and the reason, with every name and address taken out of it."""
    async with Line(folder) as line:
        await told(line, service(1))
        sam, request = await conversation(line, text="CANARY-4711 happened to me.")
        await line.ana.replies(
            request,
            "I will look.\n!broken #1 Sam Lee (sam.lee@mail.test) says that nobody answers. Ana Ruiz, +34 600 555 014\n",
        )
        await sam.receives(automatic=False)
        letter = await line.operator.receives()
        text = words(letter)
        assert letter["Subject"] == "An entry of the directory may be wrong: #1"
        assert "#1 Service 1" in text
        assert "says that nobody answers." in text
        for secret in (
            "sam.lee",
            "mail.test",
            "Sam Lee",
            "Ruiz",
            "600 555",
            "CANARY",
            request.from_name,
            request.from_address,
        ):
            assert secret not in text, secret
        assert "The operator will look at #1, Service 1." in words(await line.ana.receives(automatic=True))
        await line.ana.replies(request, "!broken #99 gone")
        assert "the directory has no #99" in words(await line.ana.receives(automatic=True))
        await line.ana.writes("!broken #1 the number is wrong", to="desk@relay.test")
        await line.ana.replies(await line.ana.receives(automatic=True), "SEND")
        assert "the number is wrong" in words(await line.operator.receives())


async def test_texts_and_titles_of_the_reading_list(folder: Path) -> None:
    """A whole text by its name; up to three titles by topic; in the language of the conversation."""
    async with Line(folder) as line:
        sam, request = await conversation(line)
        await line.ana.replies(request, "For tonight:\n!insert sleep-tips\nRobin")
        answer = words(await sam.receives(automatic=False))
        assert "For tonight:\n\nSleeping when your head does not stop\n\nMany people sleep badly" in answer
        assert "This text stands in your message: Sleeping when" in words(
            await line.ana.receives(automatic=True)
        )
        await line.ana.replies(request, "To read:\n!read grief\n!read grief de")
        answer = words(await sam.receives(automatic=False))
        assert (
            "When somebody has died (write to us, and we will send it to you)\nWhat grief can feel like"
            in answer
        )
        assert "Wenn jemand gestorben ist (schreib uns, dann schicken wir es dir)" in answer
        await line.ana.receives(automatic=True)
        for asked, why in (
            (
                "!insert nothing-like-it",
                'there is no text called "nothing-like-it". There are: grief, online-harassment, panic, sleep-tips',
            ),
            ("!read sailing", "the reading list has nothing about this in this language: en"),
        ):
            await line.ana.replies(request, asked)
            assert why in words(await line.ana.receives(automatic=True))
        await sam.receives_nothing()


async def test_the_languages_are_the_seekers_and_the_counselors(folder: Path) -> None:
    """A German request, answered by somebody whose own notices are English."""
    async with Line(folder, ben_duty='["never"]') as line:
        await told(line, service(1, languages=("de",)))
        sam, request = await conversation(line, "hilfe@relay.test")
        await line.ana.replies(request, "Hallo.\n!refer lgbt @Leeds\n!insert panic")
        answer = words(await sam.receives(automatic=False))
        assert "Service 1\nIt helps.\nTelefon: 0113 496 0001\nSprachen: Deutsch\nKosten: kostenlos" in answer
        assert "Wenn Panik kommt\n\nPanik fühlt sich an" in answer
        assert "From the directory, this stands in your message:" in words(
            await line.ana.receives(automatic=True)
        )


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("!refer #1", "Service 1"),
        ("!refer #1\n\n-- \nAna Ruiz\nHome Street 1", "Service 1"),
        ("Hello,\n\n!refer #1\n\nBest regards,\nAna", "Hello,\n\nService 1"),
        ("Hello,\n\nBest regards,\nAna\n\n!refer #1", "Hello,"),
    ],
)
async def test_it_stands_where_the_line_stood(folder: Path, text: str, start: str) -> None:
    """Whatever is around it; where its place is lost with a signature, nothing is sent."""
    async with Line(folder) as line:
        await told(line, service(1))
        sam, request = await conversation(line)
        await line.ana.replies(request, text)
        answer = words(await sam.receives(automatic=False))
        assert answer.startswith(start)
        assert "Service 1\nIt helps." in answer
        assert "Ruiz" not in answer


async def test_an_entry_that_bears_a_counselors_family_name_is_sent_and_the_name_beside_it_is_not(
    folder: Path,
) -> None:
    """A street may be called like anybody; the allowance ends with the block."""
    async with Line(folder) as line:
        await told(line, service(1, name="Ruiz Street Centre"))
        sam, request = await conversation(line)
        await line.ana.replies(request, "Go there.\n!refer #1\nYours, Ana Ruiz")
        answer = words(await sam.receives(automatic=False))
        assert "Ruiz Street Centre" in answer
        assert answer.count("Ruiz") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"phones": (Phone("0034 600 555014", "ES"),)},
        {"mail": "ana.ruiz@home.test"},
        {"line": "Ask for Ana Ruiz."},
        {"alert": "Write to @anaruiz"},
        {"web": "https://work.test/"},
    ],
)
async def test_an_entry_that_names_the_counselor_is_held(folder: Path, changes: dict[str, object]) -> None:
    """Address, number, full name, handle, domain: whoever put them into a directory, they would tell who answers."""
    async with Line(folder) as line:
        await told(line, service(1, **changes))
        sam, request = await conversation(line)
        await line.ana.replies(request, "Go there.\n!refer #1")
        assert "Not sent" in (await line.ana.receives(automatic=True))["Subject"]
        await sam.receives_nothing()
        assert "shown one side something about the other" in words(await line.operator.receives())
        assert await line.daemon.store.referrals.given(202611) == ()


async def test_nothing_of_the_seeker_stands_in_a_preview_or_a_receipt(folder: Path) -> None:
    """What a counselor is shown of the directory holds nothing that the relay knows of the seeker."""
    async with Line(folder) as line:
        await told(line, HUB, LINE, OFFICE, DOOR)
        sam, request = await conversation(line)
        for asked in (
            "!refer #1 #2",
            "Hm.\n!refer? lgbt",
            "!refer nothing at all",
            "!refer? #3",
            "!read grief",
        ):
            await line.ana.replies(request, asked)
            await line.ana.receives(automatic=True)
        for letter in line.ana.mailbox:
            assert b"sam.lee" not in letter.raw.lower()
            assert b"mail.test" not in letter.raw
        for letter in sam.mailbox:
            assert b"ruiz" not in letter.raw.lower()
            assert b"home.test" not in letter.raw


async def test_a_question_leaves_no_trace_but_a_count(folder: Path) -> None:
    """Place and words of a question are in no file of the state and in no line of the log."""
    async with Line(folder) as line:
        await told(line, service(1))
        sam, request = await conversation(line)
        await line.ana.replies(request, "!refer? xylophone @Zanzibarville")
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "!refer lgbt @Leeds")
        await sam.receives(automatic=False)
        await line.quiet()
        await line.stop()
        for file in (each for each in folder.rglob("*") if each.is_file()):
            octets = file.read_bytes().lower()
            assert b"xylophone" not in octets, file
            assert b"zanzibarville" not in octets, file


async def test_the_operators_texts_are_taken_over_and_a_broken_one_changes_nothing(folder: Path) -> None:
    """Read with the configuration and again when that is: what holds goes on holding until all of it can be read."""
    async with Line(folder) as line:
        sam, request = await conversation(line)
        own = folder / "reading"
        own.mkdir()
        head = "---\ntitle: Exams\nlanguage: en\ntopics: school\nchecked: 2026-11-01\n---\n"
        (own / "exam-fear.en.md").write_text(f"{head}Breathe.\n", "utf-8")
        await line.daemon.in_force.read_again()
        await line.ana.replies(request, "!insert exam-fear")
        assert "Exams\n\nBreathe." in words(await sam.receives(automatic=False))
        await line.ana.receives(automatic=True)

        (own / "exam-fear.en.md").write_text("no head", "utf-8")
        (own / "other.en.md").write_text(f"{head}Other.\n", "utf-8")
        await line.daemon.in_force.read_again()
        await line.ana.replies(request, "!insert exam-fear")
        assert "Exams\n\nBreathe." in words(await sam.receives(automatic=False))
        await line.ana.receives(automatic=True)
        await line.ana.replies(request, "!insert other")
        assert 'there is no text called "other"' in words(await line.ana.receives(automatic=True))
