import OCI
import Testing

@Suite struct SlashesTests {
    @Test(arguments: [
        ("", ""), ("/", ""), ("a", "a"), ("a//", "a"), ("/a/b/", "/a/b"), ("é/", "é"), ("a/\u{301}", "a/\u{301}"),
    ])
    func finalSlashes(text: String, rest: String) { #expect(text.withoutFinalSlashes == rest) }
}
