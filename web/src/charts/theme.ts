/**
 * In: light or dark. Out: the colours charts may use, the same as in ui/tokens.css (a test compares the two). Called by: all charts.
 */
export interface ChartTheme {
  ink: string;
  ink2: string;
  ink3: string;
  line: string;
  paper: string;
  accent: string;
  accentSoft: string;
  /** Large filled areas of the accent; calmer than its ink in the dark. */
  bar: string;
  teal: string;
  grey: string;
  orange: string;
  unsure: string;
  withheld: string;
}

export const lightTheme: ChartTheme = {
  ink: '#1b2430',
  ink2: '#465364',
  ink3: '#5c6878',
  line: '#e1e5ea',
  paper: '#ffffff',
  accent: '#1f4e8c',
  accentSoft: '#e7eef8',
  bar: '#1f4e8c',
  teal: '#1a8583',
  grey: '#a9b1bc',
  orange: '#d4722a',
  unsure: '#dfe3e8',
  withheld: '#c3cad3',
};

export const darkTheme: ChartTheme = {
  ink: '#e7eaef',
  ink2: '#b9c2cd',
  ink3: '#98a3b1',
  line: '#2b343f',
  paper: '#191f27',
  accent: '#8db8f0',
  accentSoft: '#1c2d45',
  bar: '#3a73bd',
  teal: '#46aaa7',
  grey: '#6f7a88',
  orange: '#e08a4e',
  unsure: '#3b4552',
  withheld: '#566273',
};

export const CHART_FONT = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif";
