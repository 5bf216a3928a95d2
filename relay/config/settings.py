"""What the files said, complete and checked; and the values of it that the rest of the program takes.

``reading`` makes the one ``Settings``; the composition root holds it and hands on plain values. Frozen: a
new reading makes a new one, and whoever holds the old one goes on undisturbed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from relay.config.authentication import AuthenticationSection, DnsSection
from relay.config.backup import BackupSection
from relay.config.conversations import ConversationsSection
from relay.config.crisis import CrisisSection, book
from relay.config.dkim import DkimSection
from relay.config.duty import DutySection
from relay.config.imap_intake import ImapIntakeSection
from relay.config.limits import LimitsSection
from relay.config.metrics import MetricsSection
from relay.config.openpgp import OpenPgpSection
from relay.config.privacy import PrivacySection
from relay.config.promise import PromiseSection
from relay.config.queues import HolidaysSection, QueueSection
from relay.config.retention import RetentionSection
from relay.config.review import ReviewSection
from relay.config.roster import CalendarFile, Use, roster_of
from relay.config.rspamd import RspamdSection
from relay.config.schema import (
    COUNSELORS_FILE,
    RELAY_FILE,
    CounselorSection,
    IntakeSection,
    LoggingSection,
    NextHopSection,
    ServiceSection,
    SmtpSection,
    StorageSection,
    WorkersSection,
)
from relay.config.seekers import PhoneSection, RiskSection, SeekersSection, phone_lines
from relay.config.statistics import StatisticsSection
from relay.config.submission import SubmissionSection
from relay.config.supervisors import SupervisorSection
from relay.config.voicemail import VoicemailSection, by_address
from relay.domain.crisis import CrisisBook
from relay.domain.levels import CounselorLevel, SeekerLevel
from relay.domain.pledges import Pledge, Pledges
from relay.domain.roster import GENERAL, Roster
from relay.domain.spans import Spans
from relay.domain.statistics import Words
from relay.domain.voicemail import Pbx
from relay.flow.seeker_rules import SeekerRules
from relay.flow.values import Service


@dataclass(frozen=True, slots=True)
class Settings:
    """All sections of both files; ``folder`` is where they stand, absolute."""

    folder: Path
    service: ServiceSection
    intake: tuple[IntakeSection, ...]
    queue: tuple[QueueSection, ...]
    holidays: tuple[HolidaysSection, ...]
    smtp: SmtpSection
    submission: SubmissionSection
    imap_intake: tuple[ImapIntakeSection, ...]
    limits: LimitsSection
    next_hop: NextHopSection
    dkim: DkimSection
    storage: StorageSection
    backup: BackupSection
    authentication: AuthenticationSection
    dns: DnsSection
    conversations: ConversationsSection
    duty: DutySection
    openpgp: OpenPgpSection
    privacy: PrivacySection
    promise: PromiseSection
    retention: RetentionSection
    review: ReviewSection
    seekers: SeekersSection
    phone: PhoneSection
    voicemail: tuple[VoicemailSection, ...]
    risk: RiskSection
    rspamd: RspamdSection
    statistics: StatisticsSection
    workers: WorkersSection
    logging: LoggingSection
    metrics: MetricsSection
    counselor: tuple[CounselorSection, ...]
    supervisor: tuple[SupervisorSection, ...]
    crisis: tuple[CrisisSection, ...] = ()

    def calendars(self) -> tuple[CalendarFile, ...]:
        """Every iCalendar file that is named, each with where, for what and by whose clock; once for each use."""
        own = self.duty.zone
        files = [
            CalendarFile(c.rota, Use.SHIFTS, c.zone or own, f"{COUNSELORS_FILE}: rota of counselor {c.id}")
            for c in self.counselor
            if c.rota
        ]
        files += [
            CalendarFile(each, Use.DAYS_OFF, c.zone or own, f"{COUNSELORS_FILE}: leave of counselor {c.id}")
            for c in self.counselor
            for each in c.leave
            if isinstance(each, Path)
        ]
        files += [
            CalendarFile(h.file, Use.DAYS_OFF, h.zone or own, f"{RELAY_FILE}: holidays")
            for h in self.holidays
        ]
        return tuple(dict.fromkeys(files))

    def roster(self, unfolded: Mapping[CalendarFile, Spans] | None = None) -> Roster:
        """Everybody on the service's side, in the order of the files.

        ``unfolded``: what stands in the calendars, which are somebody else's to read; without it they count as empty.
        """
        return roster_of(self, unfolded or {})

    def pledges(self) -> Pledges:
        """What is promised to those who write, by the queue of the address that they write to."""
        conversations = self.conversations

        def with_silence(pledge: Pledge) -> Pledge:
            terms = replace(pledge.terms, idle=conversations.idle, idle_notice=conversations.idle_notice)
            return replace(pledge, terms=terms)

        own = {queue.name: with_silence(self.promise.pledge_of(queue)) for queue in self.queue}
        by_intake = {i.address.key: own[i.queue] for i in self.intake if i.queue in own}
        return Pledges(with_silence(self.promise.pledge), by_intake)

    def crisis_book(self) -> CrisisBook:
        """Where help is at once, by country; nothing where the operator has no such file."""
        return book(self.crisis)

    def service_values(self) -> Service:
        """The service as texts and messages know it. Holds the operator's address in clear."""
        service = self.service
        return Service(
            name=service.name,
            domain=service.domain,
            operator=service.operator.reveal(),
            language=service.language,
            padded=self.privacy.padding == "buckets",
            holds_files=self.privacy.other_files == "hold",
            counselor_level=CounselorLevel(self.authentication.counselor),
            seeker_level=SeekerLevel(self.authentication.seeker),
            authserv_id=self.authentication.authserv_id or "",
            heeds_vacations=self.duty.vacation_answers == "off_duty",
            takes_keys=self.openpgp.seekers != "off",
            takes_autocrypt=self.openpgp.seekers == "autocrypt",
            rules=self.seeker_rules(),
            review_files=self.review.files == "attach",
            review_after=self.review.remind_after,
            review_in_danger=min(self.review.remind_after, self.promise.risk[0]),
            mailbox=service.mailbox.local if service.mailbox else "",
        )

    def seeker_rules(self) -> SeekerRules:
        """What seekers' words do here. Holds the phone desk's address in clear."""
        seekers, phone = self.seekers, self.phone
        return SeekerRules(
            discreet_name=seekers.discreet_name or "",
            safe_hours=seekers.safe_hours or "",
            zone=seekers.zone,
            phone_desk=phone.desk.reveal() if phone.desk else "",
            phone_hours=phone_lines(phone.hours),
            confidentiality=seekers.confidentiality,
            risk_words=self.risk.words,
        )

    def voicemails(self) -> Mapping[str, Pbx]:
        """Telephone systems by the address that each writes to, with its secret. Raises ``OSError``, ``ValueError``."""
        return by_address(self.voicemail, self.intake[0].address)

    def counted(self) -> tuple[Words, int]:
        """What the statistics know beforehand: languages, the usual one first, and queues; and their threshold."""
        spoken = (each for counselor in self.counselor for each in counselor.languages)
        asked = (intake.language for intake in self.intake)
        languages = dict.fromkeys((self.service.language, *asked, *spoken))
        queues = dict.fromkeys(
            (GENERAL, *(queue.name for queue in self.queue), *(i.queue for i in self.intake))
        )
        return Words(tuple(languages), tuple(queues)), self.statistics.smallest

    def next_hop_password(self) -> str | None:
        """Read the first line of the password file, as it is now. Raises ``OSError``."""
        file = self.next_hop.password_file
        return None if file is None else file.read_text("utf-8").partition("\n")[0].strip()
