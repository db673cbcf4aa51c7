// What is counted of delays, and what another program may claim to have counted.

import Failover
import Foundation
import Testing

@Suite("Delays that were counted")
struct LatencyHistogramTests {
    @Test("A share lies below the end of its step")
    func shares() {
        var histogram = LatencyHistogram()
        #expect(histogram.milliseconds(below: 0.5) == 0)
        for milliseconds in [0, 1, 2, 3, 900] { histogram.add(.milliseconds(milliseconds)) }
        #expect(histogram.total == 5)
        #expect(histogram.milliseconds(below: 0.4) == 1)
        #expect(histogram.milliseconds(below: 0.8) == 4)
        #expect(histogram.milliseconds(below: 1) == 1024)
    }

    @Test("More than can be counted is told of like anything else")
    func claims() throws {
        let line = #"{"counts":[18446744073709551615,1,7],"maximum":[0,1]}"#
        let histogram = try JSONDecoder().decode(LatencyHistogram.self, from: Data(line.utf8))
        #expect(histogram.total == .max)
        #expect(histogram.milliseconds(below: 0.999) == 1)
    }
}
