"""What a message says, and the parts that hang on it."""

import pytest

from relay.mail import content
from relay.mail.parse import parse


def read(body: str, content_type: str = "text/plain; charset=utf-8") -> content.Content:
    return content.read(parse(f"From: a@b.test\nContent-Type: {content_type}\n\n{body}".encode()))


def parts(*each: str, kind: str = "mixed") -> content.Content:
    body = "".join(f"--b\n{part}\n" for part in each) + "--b--\n"
    return read(body, f'multipart/{kind}; boundary="b"')


PLAIN = "Content-Type: text/plain\n\nplain words"
HTML = "Content-Type: text/html\n\n<p>rich words</p>"
PICTURE = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="


def test_the_plain_version_is_taken_where_there_is_one() -> None:
    """RFC 2046 §5.1.4: the versions say the same; the plain one says it without marks."""
    assert parts(PLAIN, HTML, kind="alternative").text == "plain words"


def test_an_empty_plain_version_gives_way_to_the_html() -> None:
    """Some programs write a plain version with nothing in it."""
    assert parts("Content-Type: text/plain\n\n \n", HTML, kind="alternative").text == "rich words"


def test_html_alone_is_made_readable() -> None:
    """A message with no plain version is a message all the same."""
    assert read("<p>one</p><p>two</p>", "text/html").text == "one\n\ntwo"


def test_text_around_pictures_is_joined_in_order() -> None:
    """Apple Mail writes a part before and a part after each picture."""
    said = parts("Content-Type: text/plain\n\nbefore", PICTURE, "Content-Type: text/plain\n\nafter")
    assert said.text == "before\n\nafter"
    assert [part.content_type for part in said.attached] == ["image/png"]


def test_pictures_within_a_version_stay_attached() -> None:
    """A picture pasted into the rich version is one that somebody wants to show."""
    related = f'Content-Type: multipart/related; boundary="c"\n\n--c\n{HTML}\n--c\n{PICTURE}\n--c--\n'
    said = parts(PLAIN, related, kind="alternative")
    assert said.text == "plain words"
    assert [part.content_type for part in said.attached] == ["image/png"]


def test_a_text_file_is_a_file_and_not_the_letter() -> None:
    """What has a name or is marked as an attachment hangs on the letter."""
    said = parts(
        PLAIN, 'Content-Type: text/plain; name="notes.txt"\nContent-Disposition: attachment\n\nnotes'
    )
    assert said.text == "plain words"
    assert len(said.attached) == 1


def test_a_signed_message_loses_its_signature_and_keeps_its_words() -> None:
    """RFC 1847: a signature names its maker."""
    said = parts(
        PLAIN, "Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----", kind="signed"
    )
    assert said.text == "plain words"
    assert said.attached == ()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("--b\n\nx\n--b--\n", 'multipart/encrypted; boundary="b"'),
        ("MIAGCSqGSIb3DQEHA6CAMIACAQ", "application/pkcs7-mime; smime-type=enveloped-data"),
        ("Hello\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----\n", "text/plain"),
        (
            f"--b\n{PLAIN}\n--b\nContent-Type: application/pkcs7-mime\n\nMIAG\n--b--\n",
            'multipart/mixed; boundary="b"',
        ),
    ],
)
def test_what_only_its_reader_can_open_is_sealed(body: str, content_type: str) -> None:
    """P4: what we cannot read is held, and no part of it is passed on (RFC 8551, RFC 3156)."""
    with pytest.raises(content.Sealed):
        read(body, content_type)


def test_clear_signed_text_is_unwrapped() -> None:
    """RFC 9580 §7: the words stay, the armour and the signature go."""
    text = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- -- dashes\nwords\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQIz\n-----END PGP SIGNATURE-----\nafter\n"
    )
    assert read(text).text == "-- dashes\nwords\n\nafter"


def test_a_key_in_the_text_is_removed() -> None:
    """A public key holds names and addresses, and is one."""
    text = "before\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQIN\n-----END PGP PUBLIC KEY BLOCK-----\nafter"
    assert read(text).text == "before\n\nafter"


SIGNED = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\nCharset: x\n\n{}\n"
    "-----BEGIN PGP SIGNATURE-----\nComment: ana\n\niQIz\n-----END PGP SIGNATURE-----\n"
)


def test_every_clear_signed_text_is_unwrapped() -> None:
    """Two in one message, as when a signed text is forwarded."""
    said = read(SIGNED.format("one") + "between\n" + SIGNED.format("two")).text
    assert [line for line in said.split("\n") if line] == ["one", "between", "two"]


@pytest.mark.parametrize("kind", ["PRIVATE KEY BLOCK", "SIGNATURE", "PUBLIC KEY BLOCK"])
def test_no_armour_stays_that_names_a_key(kind: str) -> None:
    """A signature that lost its text still says whose key made it."""
    block = f"-----BEGIN PGP {kind}-----\nComment: ana\n\nmQIN\n-----END PGP {kind}-----\n"
    assert read(f"before\n{block}between\n{block}after").text == "before\n\nbetween\n\nafter"


def test_somebody_may_write_about_signed_texts() -> None:
    """A mark in the middle of a sentence takes no words with it."""
    assert (
        "what does that mean"
        in read("It begins -----BEGIN PGP SIGNED MESSAGE----- and then?\nwhat does that mean").text
    )


def test_an_unclosed_key_does_not_let_the_rest_of_it_through() -> None:
    """A block without an end goes to the end of the text."""
    assert "mQIN" not in read("before\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQIN\n").text


@pytest.mark.parametrize("body", ["x" * (content.MAX_TEXT_CHARS + 1), "x\n" * (content.MAX_TEXT_LINES + 2)])
def test_more_text_than_we_clean_is_not_passed_in_part(body: str) -> None:
    """Half a letter can say the opposite of the whole."""
    with pytest.raises(content.Overlong):
        read(body)


def test_a_picture_pasted_as_data_into_the_markup_does_not_make_it_overlong() -> None:
    """Some web mailers paste megabytes of picture into the HTML itself."""
    uri = "data:image/png;base64," + "A" * content.MAX_MARKUP_CHARS
    assert read(f'<p>words</p><img src="{uri}">', "text/html").text == "words"
