import { GCProfiler } from 'node:v8'

// What was allocated is what the heap grew by from one collection to the next.
const profiler = process.env.COUNT_ALLOCATIONS === undefined ? undefined : new GCProfiler()
profiler?.start()
let heap = process.memoryUsage().heapUsed
let allocated = 0

/** What this process has used since its start: CPU time in µs, allocations in bytes; and its memory in MiB. */
export function usage () {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  if (profiler !== undefined) countAllocations(heapUsed)
  return { cpu: user + system, allocated, rss: rss / 1024 / 1024 }
}

function countAllocations (heapUsed) {
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    allocated += beforeGC.heapStatistics.usedHeapSize - heap
    heap = afterGC.heapStatistics.usedHeapSize
  }
  allocated += heapUsed - heap
  heap = heapUsed
  profiler.start()
}
