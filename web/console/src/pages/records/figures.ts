// What the charts draw.
import type { EChartsCoreOption } from 'echarts/core'
import { api, type Schemas } from '../../api'
import { has, t } from '../../i18n'
import type { Range } from './days'

/** more: beside the label, such as a staff number beside a name. */
export interface Bar { label: string; more?: string; count: number }
export type Kind = 'line' | 'bar' | 'rows' | 'ring'
export type By = 'day' | 'hour' | 'department' | 'system' | 'method' | 'platform' | 'record_type' | 'kind' | 'person'

const few = (items: Bar[], most: number): Bar[] => {
  if (items.length <= most) return items
  const rest = items.slice(most - 1).reduce((sum, item) => sum + item.count, 0)
  return [...items.slice(0, most - 1), { label: t('records.others'), count: rest }]
}
const short = (text: string) => (text.length > 12 ? `${text.slice(0, 11)}…` : text)

export function optionOf(kind: Kind, all: Bar[], unit: string, most: number): EChartsCoreOption {
  if (kind === 'ring') {
    return {
      tooltip: { trigger: 'item', formatter: `{b}: {c} ({d}%)` }, legend: { type: 'scroll', bottom: 0, formatter: short },
      series: [{ type: 'pie', name: unit, radius: ['48%', '72%'], center: ['50%', '44%'], data: few(all, most).map(item => ({ name: item.label, value: item.count })), label: { show: false }, itemStyle: { borderColor: '#fff', borderWidth: 2 } }],
    }
  }
  if (kind === 'rows') {
    const items = [...few(all, most)].reverse()
    return {
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } }, grid: { left: 8, right: 40, top: 6, bottom: 4, containLabel: true },
      xAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: '#edf2f2' } } },
      yAxis: { type: 'category', data: items.map(item => item.label), axisTick: { show: false }, axisLabel: { formatter: short } },
      series: [{ type: 'bar', name: unit, data: items.map(item => item.count), barMaxWidth: 16, label: { show: true, position: 'right' } }],
    }
  }
  const series = kind === 'line' ? { type: 'line', areaStyle: { opacity: 0.12 }, showSymbol: all.length < 40, smooth: false } : { type: 'bar', barMaxWidth: 26 }
  return {
    tooltip: { trigger: 'axis' }, grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
    xAxis: { type: 'category', data: all.map(item => item.label), axisTick: { show: false }, boundaryGap: kind !== 'line' },
    yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: '#edf2f2' } } },
    series: [{ name: unit, data: all.map(item => item.count), ...series }],
  }
}

/** Series of days one on the other. */
export function stackOf(days: string[], series: { name: string; counts: number[] }[]): EChartsCoreOption {
  return {
    tooltip: { trigger: 'axis' }, legend: { bottom: 0 }, grid: { left: 8, right: 12, top: 12, bottom: 30, containLabel: true },
    xAxis: { type: 'category', data: days, axisTick: { show: false } }, yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: '#edf2f2' } } },
    series: series.map(one => ({ type: 'bar', stack: 'all', name: one.name, data: one.counts, barMaxWidth: 26 })),
  }
}

/** What a value is called. */
export function called(by: string, value: string): string {
  if (value === '…') return t('records.others')
  if (!value) return t('records.without')
  const name = `records.value.${value.replaceAll('-', '_')}`
  return ['method', 'platform', 'kind', 'state', 'outcome'].includes(by) && has(name) ? t(name) : value
}
export const barsOf = (by: string, items: Schemas['StatisticsItem'][]): Bar[] =>
  items.map(item => (by === 'person' ? { label: item.name ?? '', more: item.value ?? '', count: item.count } : { label: item.name ?? called(by, item.value ?? ''), count: item.count }))

export const countedBy = (by: By, range: Range, limit?: number) => api.get('/v1/statistics/signatures', { query: { ...range, by, limit } })
/** All 24, also those of which there is none. */
export const everyHour = (items: Schemas['StatisticsItem'][]): Bar[] => Array.from({ length: 24 }, (_, hour) => {
  const label = String(hour).padStart(2, '0')
  return { label: `${label}:00`, count: items.find(item => item.value === label)?.count ?? 0 }
})
