// One of two, side by side.

interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly [T, string][];
  onChange: (value: T) => void;
}

export function TwoWays<T extends string>({ label, value, options, onChange }: Props<T>) {
  return (
    <div role="group" aria-label={label} className="preference">
      <span className="field-label">{label}</span>
      <div className="switch">
        {options.map(([id, name]) => (
          <button key={id} type="button" aria-pressed={value === id} onClick={() => onChange(id)}>
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}
