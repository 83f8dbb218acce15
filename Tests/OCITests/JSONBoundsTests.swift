import OCI
import Testing

@Suite struct JSONBoundsTests {
    @Test(arguments: [
        "", "null", "0", "-0", "-1.5e+10", "1E9", "0.25", "[1,2 ,3]", "{\"a\":-0.0}", #""\"\\\/\b\f\n\r\t""#,
        #""\u0000\u00e9\uD83D\uDE00""#, "\"é€𝄞\"", "\"\u{7f}\"", "[[[]]]", "{\"a\":[{}]}", "1e999",
    ])
    func held(_ text: String) {
        #expect(JSONBounds.holds(text.utf8, depth: 3))
    }

    @Test(arguments: [
        "[", "]", "{]}}", "\"", #""\"#, #""\x""#, #""\u12g4""#, #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#,
        #""\ud800\n""#, "\"a\nb\"", "1-1", "01", "-", "--1", "1.", "5e", "1e", "1e+", "1.5.5", "[[[[]]]]",
    ])
    func refused(_ text: String) {
        #expect(!JSONBounds.holds(text.utf8, depth: 3))
    }

    @Test(
        arguments: [
            [0x80], [0xC1, 0x81], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0x00],
        ] as [[UInt8]])
    func noUTF8(_ bytes: [UInt8]) {
        #expect(!JSONBounds.holds([0x22] + bytes + [0x22], depth: 3))
    }
}
