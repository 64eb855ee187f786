// The details of an audit entry, part by part.

export type Part = [name: string, value: unknown];

/** Each member with its path, but for those that are empty; null where the text is no object. */
export function told(detail: string): Part[] | null {
  let value: unknown;
  try {
    value = JSON.parse(detail);
  } catch {
    return null;
  }
  return isObject(value) ? members('', value) : null;
}

function members(path: string, value: object): Part[] {
  return Object.entries(value).flatMap(([key, inner]): Part[] => {
    const name = path === '' ? key : `${path}.${key}`;
    if (inner === null || inner === '' || (Array.isArray(inner) && inner.length === 0)) return [];
    return isObject(inner) ? members(name, inner) : [[name, inner]];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
