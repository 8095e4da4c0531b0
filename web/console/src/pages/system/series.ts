// What the charts of monitoring show, and how numbers are written there.
import type { EChartsCoreOption } from 'echarts/core'
import type { Schemas } from '../../api'
import { t } from '../../i18n'

export type History = Schemas['SystemHistory']
export interface Line { metric: string; scale?: number; rate?: boolean }
export interface Graph { name: string; unit: 'percent' | 'bytes' | 'perMinute' | 'bytesPerSecond' | 'ms' | 'count' | 'load' | 'degrees'; lines: Line[]; stack?: boolean }

export const graphs: Graph[] = [
  { name: 'cpu', unit: 'percent', lines: [{ metric: 'cpu', scale: 0.1 }, { metric: 'process_cpu', scale: 0.1 }] },
  { name: 'memory', unit: 'bytes', lines: [{ metric: 'memory_used' }, { metric: 'memory_total' }, { metric: 'process_memory' }] },
  { name: 'disk', unit: 'bytes', lines: [{ metric: 'disk_free' }, { metric: 'disk_total' }] },
  { name: 'network', unit: 'bytesPerSecond', lines: [{ metric: 'net_received', rate: true }, { metric: 'net_sent', rate: true }] },
  { name: 'io', unit: 'bytesPerSecond', lines: [{ metric: 'disk_read', rate: true }, { metric: 'disk_written', rate: true }] },
  { name: 'answers', unit: 'perMinute', lines: [{ metric: 'answers_2xx', rate: true, scale: 60 }, { metric: 'answers_4xx', rate: true, scale: 60 }, { metric: 'answers_5xx', rate: true, scale: 60 }] },
  { name: 'latency', unit: 'ms', lines: [{ metric: 'latency_p50', scale: 0.001 }, { metric: 'latency_p95', scale: 0.001 }, { metric: 'latency_p99', scale: 0.001 }] },
  { name: 'work', unit: 'perMinute', lines: [{ metric: 'signatures', rate: true, scale: 60 }, { metric: 'tokens', rate: true, scale: 60 }] },
  { name: 'queues', unit: 'count', lines: [{ metric: 'tasks_unfinished' }, { metric: 'callbacks_queued' }, { metric: 'stamps_waiting' }, { metric: 'requests_waiting' }] },
  { name: 'load', unit: 'load', lines: [{ metric: 'load', scale: 0.001 }] },
  { name: 'files', unit: 'count', lines: [{ metric: 'process_files' }] },
  { name: 'temperature', unit: 'degrees', lines: [{ metric: 'temperature', scale: 0.001 }] },
]

const digits = (value: number, most = 1) => (Math.abs(value) >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(most))
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let unit = 0
  for (; Math.abs(value) >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${digits(value)} ${units[unit]}`
}
export function written(value: number, unit: Graph['unit']): string {
  if (unit === 'bytes') return bytes(value)
  if (unit === 'bytesPerSecond') return `${bytes(value)}/s`
  if (unit === 'percent') return `${digits(value)} %`
  if (unit === 'ms') return `${digits(value, 2)} ms`
  if (unit === 'degrees') return `${digits(value)} °C`
  return digits(value, 2)
}

/** Points with their time, and a gap where the server was not running. */
export function points(history: History, line: Line): [number, number | null][] {
  const values = history.series[line.metric] ?? []
  const made: [number, number | null][] = []
  history.times.forEach((text, i) => {
    const at = new Date(text).getTime()
    const before = made[made.length - 1]
    if (before && at - before[0] > history.step * 2500) made.push([before[0] + history.step * 1000, null])
    const value = values[i]
    made.push([at, value === null || value === undefined ? null : value * (line.scale ?? 1) / (line.rate ? history.step : 1)])
  })
  return made
}

export const isKnown = (history: History, graph: Graph): boolean => graph.lines.some(line => history.series[line.metric]?.some(value => value !== null))

export function optionOf(history: History, graph: Graph): EChartsCoreOption {
  return {
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemHeight: 8, itemWidth: 14, textStyle: { color: '#51646b' } },
    tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => (typeof value === 'number' ? written(value, graph.unit) : '–') },
    xAxis: { type: 'time', min: new Date(history.from).getTime(), max: new Date(history.to).getTime(), axisLabel: { hideOverlap: true } },
    yAxis: { type: 'value', min: 0, axisLabel: { formatter: (value: number) => written(value, graph.unit) } },
    series: graph.lines.map(line => ({ type: 'line', name: t(`system.metric.${line.metric}`), showSymbol: history.times.length < 3, symbolSize: 5, lineStyle: { width: 1.5 }, data: points(history, line) })),
  }
}
