/** Numbers and names as people read them. */

/** 1234567 as 1,234,567. */
export const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** A number for a ruler: 1,500,000 as 1.5 M; whole where that would not tell it from the next. */
export const short = (value: number, step: number): string => {
  const units: [number, string][] = [
    [1e12, ' T'],
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ];
  const [size, unit] = units.find(([each]) => value >= each) ?? [1, ''];
  if (step < size / 1000 || size === 1) return grouped(value);
  const decimals = Math.max(0, Math.ceil(Math.log10(size) - Math.log10(step)));
  return `${(value / size).toFixed(decimals)}${unit}`;
};

export const privileges = ['user', 'supervisor', '', 'machine'] as const;

/** Of a privilege as the index numbers it: 0 U, 1 S, 3 M. */
export const privilegeWords = (level: number): string => `${privileges[level] || 'unknown'} mode`;

/** Of something that happened so often. */
export const times = (count: number, what: string): string => (count === 1 ? what : `${grouped(count)} × ${what}`);

/** What a guest printed, for a line of text: nothing in it can do anything. */
export const inert = (text: string, charactersMax = 80): string => {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
  return plain.length > charactersMax ? `${plain.slice(0, charactersMax)}…` : plain;
};
