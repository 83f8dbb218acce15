import CZlib
import NIOCore

/// One gzip file in the making, by zlib: https://www.rfc-editor.org/rfc/rfc1952, https://zlib.net/manual.html
///
/// Its memory, a quarter of a megabyte, does not grow with what goes through.
final class GzipStream {
    struct Failure: Error { let code: Int32 }

    /// zlib remembers the address.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter level: from 1, quick, to 9, small.
    init(level: Int32) throws(Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: a window of 32 KiB; 16 more: a gzip file, not zlib's own kind. 8: zlib's usual memory.
        let code = deflateInit2_(
            stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw Failure(code: code) }
    }

    deinit {
        deflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Adds to `output` what is ready of the input, which need not be anything before the end.
    func compress(_ input: ByteBuffer, into output: inout ByteBuffer) throws(Failure) {
        try input.withUnsafeReadableBytes { bytes throws(Failure) in try run(bytes, Z_NO_FLUSH, &output) }
    }

    /// Adds the rest to `output`.
    func finish(into output: inout ByteBuffer) throws(Failure) {
        try run(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH, &output)
    }

    private func run(
        _ input: UnsafeRawBufferPointer, _ flush: Int32, _ output: inout ByteBuffer
    ) throws(Failure) {
        // zlib does not write there, its type only says so.
        stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?.assumingMemoryBound(
            to: UInt8.self)
        stream.pointee.avail_in = UInt32(input.count)
        defer { stream.pointee.next_in = nil }
        repeat {
            var code = Z_OK
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 4_096) { room in
                stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(room.count)
                code = deflate(stream, flush)
                return room.count - Int(stream.pointee.avail_out)
            }
            // Z_BUF_ERROR: nothing to do, which is no error. https://zlib.net/manual.html#Basic
            guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else { throw Failure(code: code) }
            if code == Z_STREAM_END { return }
        } while stream.pointee.avail_out == 0 || flush == Z_FINISH
    }
}

extension GzipStream {
    /// A whole file.
    static func file(of content: ByteBuffer, level: Int32) throws(Failure) -> ByteBuffer {
        let stream = try GzipStream(level: level)
        // Pages come down to a seventh, and to a quarter at the least.
        var output = ByteBufferAllocator().buffer(capacity: content.readableBytes / 4)
        try stream.compress(content, into: &output)
        try stream.finish(into: &output)
        return output
    }
}
