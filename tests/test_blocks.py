"""A tree → blocks: the author's words, in order, unaltered."""

from __future__ import annotations

import pytest

from pipeline.model import BlockKind
from tests.own_posts import NAMES, one_line, own, plain_words, read, read_own

Shape = tuple[str, int, int | None, str]


def shapes(html: str) -> list[Shape]:
    return [(b.kind.value, b.level, b.number, b.text) for b in read(html).blocks]


@pytest.mark.parametrize("name", NAMES)
def test_every_block_is_a_slice_and_a_verbatim_run(name: str) -> None:
    reading = read_own(name)
    source = plain_words(own(name))
    for block in reading.blocks:
        assert block.text == reading.text[block.start : block.end] == "".join(run.text for run in block.runs)
        if block.kind is not BlockKind.OTHER or block.runs[0].href == "":
            assert one_line(block.text) in source
        assert all(block.start <= a < b <= block.end for a, b in block.sentences)
    assert reading.text == "\n\n".join(block.text for block in reading.blocks)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_post_reads_the_same_twice(name: str) -> None:
    assert read_own(name) == read_own(name)


@pytest.mark.parametrize(
    ("html", "becomes"),
    [
        pytest.param("a<br><br>b<br>c", [("prose", 0, None, "a"), ("prose", 0, None, "b\nc")], id="breaks"),
        pytest.param("<div>a<div>b</div>c</div>d", [("prose", 0, None, t) for t in "abcd"], id="bare divs"),
        pytest.param(
            "<p>a</p>loose", [("prose", 0, None, "a"), ("prose", 0, None, "loose")], id="outside any tag"
        ),
        pytest.param(
            "<p>one  <b>two</b>\n three&nbsp;&amp; four</p>",
            [("prose", 0, None, "one two three & four")],
            id="spaces",
        ),
        pytest.param(
            "<ol start=3><li>a<li value=7>b<li>c</ol>",
            [("item", 0, 3, "a"), ("item", 0, 7, "b"), ("item", 0, 8, "c")],
            id="numbers",
        ),
        pytest.param(
            "<ol start=x><li>a<li value=99999999999>b</ol>",
            [("item", 0, 1, "a"), ("item", 0, 2, "b")],
            id="bad numbers",
        ),
        pytest.param(
            "<ol reversed><li>a<li>b</ol>", [("item", 0, 2, "a"), ("item", 0, 1, "b")], id="backwards"
        ),
        pytest.param(
            "<ul><li><p>a.</p><p>b</p></li></ul>", [("item", 0, None, "a.\nb")], id="paragraphs of an item"
        ),
        pytest.param(
            "<ul><li>a<ul><li>b</li></ul>c</li></ul>",
            [("item", 0, None, "a"), ("item", 1, None, "b"), ("prose", 0, None, "c")],
            id="nested",
        ),
        pytest.param(
            "<li>a<li>b", [("item", 0, None, "a"), ("item", 0, None, "b")], id="items without a list"
        ),
        pytest.param(
            "<blockquote><p>a</p><p>b</p></blockquote>",
            [("quote", 0, None, "a"), ("quote", 0, None, "b")],
            id="quotation",
        ),
        pytest.param(
            "<table><tr><th>A<th>B<tr><td>1<td>2</table>",
            [("other", 0, None, "A B"), ("other", 0, None, "1 2")],
            id="table",
        ),
        pytest.param(
            "<table><tr><td><p>A</p><td>B</table>",
            [("prose", 0, None, "A"), ("prose", 0, None, "B")],
            id="layout table",
        ),
        pytest.param(
            "<dl><dt>A<dd>B</dl>", [("prose", 0, None, "A"), ("prose", 0, None, "B")], id="definitions"
        ),
        pytest.param("<pre>a\n\n b  c</pre>", [("other", 0, None, "a\nb c")], id="pre"),
        pytest.param("<h2>a<br>b</h2>", [("heading", 1, None, "a\nb")], id="heading over two lines"),
        pytest.param("<h2><div>a</div></h2>", [("heading", 1, None, "a")], id="heading round a div"),
        pytest.param(
            "<ul><li><table><tr><td>a<td>b</table></ul>", [("item", 0, None, "a b")], id="table in an item"
        ),
        pytest.param(
            "<p>soft\u00adhyphen zero\u200bwidth</p>",
            [("prose", 0, None, "softhyphen zerowidth")],
            id="unseen characters",
        ),
    ],
)
def test_html_becomes_blocks(html: str, becomes: list[Shape]) -> None:
    assert shapes(html) == becomes


def test_headings_start_at_one_and_leave_no_gap() -> None:
    html = "<h4>a</h4><h2>b</h2><h5>c</h5><h6>d</h6><p><b>Bold line</b></p><h2>e</h2>"
    assert [(b.text, b.level) for b in read(html).blocks] == [
        ("a", 1),
        ("b", 1),
        ("c", 2),
        ("d", 3),
        ("Bold line", 3),
        ("e", 1),
    ]


@pytest.mark.parametrize(
    "html", ["<p><b>A whole sentence.</b></p>", "<p><b>Bold</b> and not</p>", f"<p><b>{'long ' * 20}</b></p>"]
)
def test_not_every_bold_paragraph_is_a_heading(html: str) -> None:
    assert [b.kind for b in read(html).blocks] == [BlockKind.PROSE]


def test_a_caption_and_a_description_belong_to_the_picture() -> None:
    html = (
        "<figure><img src=/a.jpg alt='A  tree'><figcaption><p>One</p><p><i>Two</i></p></figcaption></figure>"
    )
    (picture,) = read(html).blocks
    assert (picture.text, picture.alt, picture.src) == ("One\nTwo", "A tree", "https://blog.example/a.jpg")


def test_a_gallery_gives_its_caption_to_the_last_picture() -> None:
    pictures = "<figure><img src=/a.jpg></figure><figure><img src=/b.jpg></figure>"
    html = f"<figure>{pictures}<figcaption>Both</figcaption></figure>"
    assert [(b.src[-5:], b.text) for b in read(html).blocks] == [("a.jpg", ""), ("b.jpg", "Both")]


def test_a_caption_without_a_picture_is_prose() -> None:
    assert shapes("<figure><figcaption>Said</figcaption></figure>") == [("prose", 0, None, "Said")]


@pytest.mark.parametrize(
    "alt", ["IMG_2034.jpg", "DSC01234", "my holiday (2).png", "20230101_120000", "unsplash-image-x.jpg"]
)
def test_a_file_name_is_no_description(alt: str) -> None:
    assert read(f'<img src=/a.jpg alt="{alt}">').blocks[0].alt == ""


def test_a_picture_does_not_cut_a_sentence() -> None:
    assert [b.kind.value for b in read("<p>One <img src=/a.jpg> sentence.</p>").blocks] == [
        "prose",
        "picture",
    ]
    assert read("<p>One <img src=/a.jpg> sentence.</p>").text == "One sentence.\n\n"


def test_runs_keep_emphasis_and_links() -> None:
    (block,) = read('<p>A <em>b</em><strong>c</strong> <a href="/d?utm_x=1">d <i>e</i></a><br>f</p>').blocks
    assert [(r.text, r.em, r.strong, r.href) for r in block.runs] == [
        ("A ", False, False, ""),
        ("b", True, False, ""),
        ("c", False, True, ""),
        (" ", False, False, ""),
        ("d ", False, False, "https://blog.example/d"),
        ("e", True, False, "https://blog.example/d"),
        ("\n", False, False, ""),
        ("f", False, False, ""),
    ]


def test_blogger_soup_becomes_paragraphs_and_a_captioned_picture() -> None:
    reading = read_own("blogger_soup")
    assert [(b.kind.value, b.text[:12]) for b in reading.blocks] == [
        ("prose", "I walked hom"),
        ("prose", "The heron wa"),
        ("picture", "The heron, a"),
        ("prose", "We wait, in "),
    ]


def test_pasted_word_leaves_its_words_only() -> None:
    assert read_own("word_paste").text == (
        "My supervisor’s kettle is older than my career.\n\n"
        "We drink a great deal of tea, and now and then we talk about you — kindly."
    )
