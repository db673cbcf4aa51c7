// Which service is due next: a binary heap of deadlines, one for each service at most. Why a service is
// due, and what is done then, is `MonitorMachine`'s.

/// Deadlines by service number; the earliest first, equal ones in the order of mon.cf.
struct Schedule: Sendable {
    /// Service numbers, each parent due no later than its children.
    private var heap: [Int] = []
    /// Where a service stands in the heap; -1: nowhere.
    private var places: [Int]
    private var deadlines: [Duration]

    init(count: Int) {
        places = Array(repeating: -1, count: count)
        deadlines = Array(repeating: .zero, count: count)
    }

    /// The service that is due first.
    var first: (service: Int, due: Duration)? {
        heap.first.map { ($0, deadlines[$0]) }
    }

    /// When a service is due; nil: it is not.
    subscript(service: Int) -> Duration? {
        get { places[service] < 0 ? nil : deadlines[service] }
        set {
            if let newValue {
                set(service, newValue)
            } else {
                remove(service)
            }
        }
    }

    private mutating func set(_ service: Int, _ due: Duration) {
        deadlines[service] = due
        if places[service] < 0 {
            places[service] = heap.count
            heap.append(service)
        }
        sink(rise(places[service]))
    }

    private mutating func remove(_ service: Int) {
        let place = places[service]
        guard place >= 0 else { return }
        swapPlaces(place, heap.count - 1)
        heap.removeLast()
        places[service] = -1
        if place < heap.count { sink(rise(place)) }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        let (first, second) = (heap[a], heap[b])
        return deadlines[first] == deadlines[second]
            ? first < second : deadlines[first] < deadlines[second]
    }

    private mutating func swapPlaces(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        places[heap[a]] = a
        places[heap[b]] = b
    }

    private mutating func rise(_ start: Int) -> Int {
        var place = start
        while place > 0, isBefore(place, (place - 1) / 2) {
            swapPlaces(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        return place
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                if isBefore(child, least) { least = child }
            }
            guard least != place else { return }
            swapPlaces(place, least)
            place = least
        }
    }
}
