/// Numbers ordered by a key that may change: a heap with four children a node, and where in it each number stands.
struct IndexedHeap {
    struct Entry {
        let key: Int64
        let number: Int32
    }

    private var entries: [Entry] = []
    private var place: [Int32]

    /// For the numbers below `count`.
    init(count: Int) { place = Array(repeating: -1, count: count) }

    var first: Entry? { entries.first }

    func contains(_ number: Int) -> Bool { place[number] >= 0 }

    /// Puts a number in its place, wherever it was.
    mutating func set(_ number: Int, key: Int64) {
        let entry = Entry(key: key, number: Int32(number))
        let index = Int(place[number])
        if index < 0 {
            entries.append(entry)
            rise(entry, from: entries.count - 1)
        } else if key < entries[index].key {
            rise(entry, from: index)
        } else {
            sink(entry, from: index)
        }
    }

    mutating func remove(_ number: Int) {
        let index = Int(place[number])
        guard index >= 0, let last = entries.popLast() else { return }
        place[number] = -1
        guard index < entries.count else { return }
        if index > 0, last.key < entries[(index - 1) >> 2].key {
            rise(last, from: index)
        } else {
            sink(last, from: index)
        }
    }

    private mutating func rise(_ entry: Entry, from start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) >> 2
            guard entry.key < entries[parent].key else { break }
            move(entries[parent], to: index)
            index = parent
        }
        move(entry, to: index)
    }

    private mutating func sink(_ entry: Entry, from start: Int) {
        var index = start
        while true {
            let children = index * 4 + 1
            guard children < entries.count else { break }
            var least = children
            for child in children..<min(children + 4, entries.count) where entries[child].key < entries[least].key {
                least = child
            }
            guard entries[least].key < entry.key else { break }
            move(entries[least], to: index)
            index = least
        }
        move(entry, to: index)
    }

    private mutating func move(_ entry: Entry, to index: Int) {
        entries[index] = entry
        place[Int(entry.number)] = Int32(index)
    }
}
