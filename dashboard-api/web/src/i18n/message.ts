// Evaluates the compiled messages that scripts/messages.mjs makes.

import type { ReactNode } from 'react';

/** One piece of a compiled message; scripts/messages.mjs documents the shapes. */
export type Part =
  string | ['a' | 'n', string] | ['#'] | ['p' | 's', string, Record<string, Part[]>] | ['t', string, Part[]];

export type Message = Part[];

/** What a plain message takes. */
export type Values = Record<string, string | number>;

/** What a message with components takes: nodes for arguments, functions for tags. */
export type RichValues = Record<string, ReactNode | ((children: ReactNode[]) => ReactNode)>;

/** How numbers and plurals are written in the reader's language. */
export interface Voice {
  plural: Intl.PluralRules;
  number: (value: number) => string;
}

/** A message as text. */
export function text(message: Message, values: Values, voice: Voice): string {
  return evaluate(message, values, voice, undefined).join('');
}

/** A message as React nodes. */
export function nodes(message: Message, values: RichValues, voice: Voice): ReactNode[] {
  return evaluate(message, values, voice, undefined);
}

function evaluate(
  message: Message,
  values: RichValues,
  voice: Voice,
  pound: number | undefined,
): ReactNode[] {
  return message.flatMap((part) =>
    typeof part === 'string' ? [part] : evaluatePart(part, values, voice, pound),
  );
}

function evaluatePart(
  part: Exclude<Part, string>,
  values: RichValues,
  voice: Voice,
  pound: number | undefined,
): ReactNode[] {
  switch (part[0]) {
    case '#':
      return [pound === undefined ? '#' : voice.number(pound)];
    case 'a':
      return [values[part[1]] as ReactNode];
    case 'n':
      return [voice.number(Number(values[part[1]]))];
    case 'p': {
      const count = Number(values[part[1]]);
      const options = part[2];
      const chosen = options[`=${count}`] ?? options[voice.plural.select(count)] ?? options.other ?? [];
      return evaluate(chosen, values, voice, count);
    }
    case 's': {
      const options = part[2];
      return evaluate(options[String(values[part[1]])] ?? options.other ?? [], values, voice, pound);
    }
    case 't': {
      const children = evaluate(part[2], values, voice, pound);
      const tag = values[part[1]];
      return typeof tag === 'function' ? [tag(children)] : children;
    }
  }
}
