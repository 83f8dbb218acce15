/// A pattern made ready to run over tags, in time proportional to the tag's length whatever the pattern: all ways to
/// match are followed at once, none is tried after another. https://swtch.com/~rsc/regexp/regexp2.html
struct PatternProgram: Hashable, Sendable {
    private enum Instruction: Hashable, Sendable {
        case character(ASCIISet)
        case place(PatternNode.Place)
        case jump(Int)
        case split(Int, Int)
        case match
    }

    struct TooLarge: Error {}

    /// Instructions, of which every character of a tag may visit each once.
    private static let limit = 5_000

    private var instructions: [Instruction] = []

    init(_ node: PatternNode) throws(TooLarge) {
        try add(node)
        instructions.append(.match)
    }

    private mutating func add(_ node: PatternNode) throws(TooLarge) {
        guard instructions.count < Self.limit else { throw TooLarge() }
        switch node {
        case .character(let set): instructions.append(.character(set))
        case .place(let place): instructions.append(.place(place))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .choice(let nodes): try addChoice(nodes[...])
        case .repetition(let inner, let least, let most):
            for _ in 0..<least {
                let before = instructions.count
                try add(inner)
                // Nothing a thousand times is nothing: `(((){1000}){1000}){1000}` would never be written out.
                if instructions.count == before { break }
            }
            if let most {
                for _ in least..<max(least, most) { try addOptional(inner, again: false) }
            } else {
                try addOptional(inner, again: true)
            }
        }
    }

    private mutating func addChoice(_ nodes: ArraySlice<PatternNode>) throws(TooLarge) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            let isLast = index == nodes.count - 1
            let split = instructions.count
            if !isLast { instructions.append(.match) }
            try add(node)
            if isLast { break }
            ends.append(instructions.count)
            instructions.append(.match)
            instructions[split] = .split(split + 1, instructions.count)
        }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func addOptional(_ node: PatternNode, again: Bool) throws(TooLarge) {
        let split = instructions.count
        instructions.append(.match)
        try add(node)
        // A loop around nothing would grow without end, were it not bounded here too.
        guard instructions.count < Self.limit else { throw TooLarge() }
        if again { instructions.append(.jump(split)) }
        instructions[split] = .split(split + 1, instructions.count)
    }

    /// Runs a program over one tag after another, with the same memory for all.
    struct Matcher {
        private let instructions: [Instruction]
        /// At which step an instruction was reached last; steps count on from tag to tag.
        private var marks: [Int]
        private var step = 0
        /// Instructions that wait for this character, and for the next.
        private var current: [Int] = []
        private var next: [Int] = []
        private var waiting: [Int] = []

        init(_ program: PatternProgram) {
            instructions = program.instructions
            marks = [Int](repeating: -1, count: instructions.count)
        }

        /// Whether the pattern is found anywhere in the bytes.
        mutating func matches(_ bytes: [UInt8]) -> Bool {
            defer {
                step += 1
                next.removeAll(keepingCapacity: true)
                waiting.removeAll(keepingCapacity: true)
            }
            if follow(from: 0, at: 0, in: bytes) { return true }
            for position in bytes.indices {
                swap(&current, &next)
                next.removeAll(keepingCapacity: true)
                step += 1
                for index in current {
                    guard case .character(let set) = instructions[index], set.contains(bytes[position]) else {
                        continue
                    }
                    if follow(from: index + 1, at: position + 1, in: bytes) { return true }
                }
                // A match may begin anywhere.
                if follow(from: 0, at: position + 1, in: bytes) { return true }
            }
            return false
        }

        /// True: there is a match.
        private mutating func follow(from index: Int, at position: Int, in bytes: [UInt8]) -> Bool {
            waiting.append(index)
            while let index = waiting.popLast() {
                guard marks[index] != step else { continue }
                marks[index] = step
                switch instructions[index] {
                case .match:
                    return true
                case .character:
                    next.append(index)
                case .jump(let target):
                    waiting.append(target)
                case .split(let first, let second):
                    waiting.append(second)
                    waiting.append(first)
                case .place(let place):
                    if PatternProgram.isAt(place, position, bytes) { waiting.append(index + 1) }
                }
            }
            return false
        }
    }

    private static func isAt(_ place: PatternNode.Place, _ position: Int, _ bytes: [UInt8]) -> Bool {
        switch place {
        case .start: return position == 0
        case .end: return position == bytes.count
        case .wordBoundary, .insideWord:
            let before = position > 0 && ASCIISet.word.contains(bytes[position - 1])
            let after = position < bytes.count && ASCIISet.word.contains(bytes[position])
            return (before != after) == (place == .wordBoundary)
        }
    }
}
