import CZlib
import NIOCore

/// What a gzip file holds; nil where it is none, or not whole.
func gunzipped(_ file: ByteBuffer) -> String? {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(stream) }
    var input = Array(file.readableBytesView)
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    let code = input.withUnsafeMutableBufferPointer { input in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        var code = Z_OK
        while code == Z_OK {
            code = piece.withUnsafeMutableBufferPointer { piece in
                stream.pointee.next_out = piece.baseAddress
                stream.pointee.avail_out = UInt32(piece.count)
                return inflate(stream, Z_NO_FLUSH)
            }
            output += piece.prefix(piece.count - Int(stream.pointee.avail_out))
        }
        return code
    }
    return code == Z_STREAM_END && stream.pointee.avail_in == 0 ? String(decoding: output, as: UTF8.self) : nil
}
