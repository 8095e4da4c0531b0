// ECharts, loaded with the first chart: of it what is used. Drawn on a canvas and with tooltips on it too: the policy allows no style attributes.
export { BarChart, LineChart, PieChart } from 'echarts/charts'
export { DataZoomComponent, DatasetComponent, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, TooltipComponent } from 'echarts/components'
export { CanvasRenderer } from 'echarts/renderers'
export { init, use } from 'echarts/core'
