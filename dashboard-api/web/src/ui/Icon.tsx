// The few drawn signs, 16 px, in the colour of the text around them.

const PATHS = {
  search: 'M7 12.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11ZM11 11l3.5 3.5',
  copy: 'M5.5 5.5v-4h9v9h-4M1.5 5.5h9v9h-9z',
  check: 'm2.5 8.5 3.5 3.5 7.5-8',
  cross: 'm3 3 10 10M13 3 3 13',
  plus: 'M8 2.5v11M2.5 8h11',
  minus: 'M2.5 8h11',
  right: 'm6 3 5 5-5 5',
  down: 'm3 6 5 5 5-5',
  left: 'm10 3-5 5 5 5',
  refresh: 'M13.5 8A5.5 5.5 0 1 1 11.6 3.8M13.5 1.5v3.5H10',
  warning: 'M8 2 15 14H1zM8 6.5v3.5M8 12v.5',
  widen: 'M6.5 2.5h-4v11h4M9.5 2.5h4v11h-4',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2 14.5c.5-3 3-4.5 6-4.5s5.5 1.5 6 4.5',
  table: 'M1.5 2.5h13v11h-13zM1.5 6h13M1.5 9.75h13M6 2.5v11',
  columns: 'M1.5 2.5h13v11h-13zM6 2.5v11M10.5 2.5v11',
  clock: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM8 4v4.5l3 1.5',
  chart: 'M1.5 14.5h13M3.5 12V8M6.5 12V4M9.5 12V6.5M12.5 12V2.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The product's mark. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" className="mark-ground" />
      <path d="M16 5.5 25 9v7.2c0 5.1-3.7 8.6-9 10.3-5.3-1.7-9-5.2-9-10.3V9z" className="mark-shield" />
      <circle cx="16" cy="15.6" r="3.4" className="mark-eye" />
    </svg>
  );
}
