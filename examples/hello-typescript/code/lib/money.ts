export const format = (cents: number, currency: string): string => `${(cents / 100).toFixed(2)} ${currency}`;
