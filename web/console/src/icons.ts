// The icons of the menu, by name: of 300, those that are used.
export {
  Avatar, Bell, Box, Calendar, Cellphone, Checked, Clock, Collection, Connection, Coin, Cpu, DataAnalysis, DataLine, Document, DocumentChecked, Files, FirstAidKit, Histogram,
  HomeFilled, House, Key, List, Lock, Medal, Message, Monitor, Notebook, Odometer, OfficeBuilding, Operation, PieChart, Picture, Postcard, Promotion, Search, Setting, Stamp,
  Stopwatch, SwitchButton, Tickets, Timer, Tools, TrendCharts, Upload, User, UserFilled, View, Warning,
} from '@element-plus/icons-vue'
