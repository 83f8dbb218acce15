/// Numbers ordered by a time in microseconds that may change. What comes soon stands in a small heap, everything else in
/// lists for a minute each, so that moving one touches few lines of memory, however many there are.
struct CheckQueue {
    private var near: IndexedHeap
    /// What comes before this stands in the heap.
    private var horizon: Int64
    private var keys: [Int64]
    /// The lists: the first number of each, and each number's neighbours, -1 where there is none.
    private var first: [Int32]
    private var next: [Int32]
    private var previous: [Int32]
    /// The list that each number stands in, -1 where it stands in none.
    private var list: [Int32]
    private var listed = 0

    private static let width: Int64 = 64_000_000
    /// 64 days; what comes later waits in the last list.
    private static let lists = 86_400

    /// For the numbers below `count`.
    init(count: Int, at now: Int64) {
        near = IndexedHeap(count: count)
        horizon = now - now % Self.width
        keys = Array(repeating: 0, count: count)
        first = Array(repeating: -1, count: Self.lists)
        next = Array(repeating: -1, count: count)
        previous = next
        list = next
    }

    /// Puts a number in its place, wherever it was.
    mutating func set(_ number: Int, key: Int64) {
        unlink(number)
        keys[number] = key
        if key < horizon {
            near.set(number, key: key)
        } else {
            near.remove(number)
            link(number, key: key)
        }
    }

    mutating func remove(_ number: Int) {
        unlink(number)
        near.remove(number)
    }

    /// The number with the least key.
    mutating func least() -> IndexedHeap.Entry? {
        while true {
            if let entry = near.first { return entry }
            guard listed > 0 else { return nil }
            open()
        }
    }

    /// Moves the next list into the heap.
    private mutating func open() {
        let slot = Int(horizon / Self.width % Int64(Self.lists))
        horizon += Self.width
        var number = first[slot]
        while number >= 0 {
            let following = next[Int(number)]
            unlink(Int(number))
            let key = keys[Int(number)]
            if key < horizon { near.set(Int(number), key: key) } else { link(Int(number), key: key) }
            number = following
        }
    }

    private mutating func link(_ number: Int, key: Int64) {
        let latest = horizon + Int64(Self.lists - 1) * Self.width
        let slot = Int(min(key, latest) / Self.width % Int64(Self.lists))
        let head = first[slot]
        next[number] = head
        previous[number] = -1
        if head >= 0 { previous[Int(head)] = Int32(number) }
        first[slot] = Int32(number)
        list[number] = Int32(slot)
        listed += 1
    }

    private mutating func unlink(_ number: Int) {
        let slot = Int(list[number])
        guard slot >= 0 else { return }
        let after = next[number]
        let before = previous[number]
        if before >= 0 { next[Int(before)] = after } else { first[slot] = after }
        if after >= 0 { previous[Int(after)] = before }
        list[number] = -1
        listed -= 1
    }
}
