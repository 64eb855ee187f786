// Words on something that happened; what was begun stays while one looks elsewhere.

import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from './Button';
import { faultText } from './Fault';
import { Field } from './Field';

const COMMENT_CHARS_MAX = 4000;
const drafts = new Map<string, string>();

interface Props<T> {
  /** What the words are on: no two things share a draft. */
  of: string;
  label: string;
  add: string;
  send: (text: string) => Promise<T>;
  onSent: (answer: T) => void;
  shortcut?: string;
}

export function CommentBox<T>({ of, label, add, send, onSent, shortcut }: Props<T>) {
  const i18n = useI18n();
  const [text, setShown] = useState(drafts.get(of) ?? '');
  const setText = (next: string) => {
    drafts.set(of, next);
    setShown(next);
  };
  const { mutate, isPending, error } = useMutation({
    mutationFn: send,
    onSuccess: (answer) => {
      setText('');
      onSent(answer);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const plain = text.trim();
    if (plain !== '') mutate(plain);
  };
  return (
    <form className="comment-box" onSubmit={submit}>
      <Field
        label={label}
        rows={2}
        value={text}
        onChange={setText}
        maxLength={COMMENT_CHARS_MAX}
        error={error ? faultText(error, i18n) : null}
        aria-keyshortcuts={shortcut}
      />
      <Button type="submit" isPending={isPending} isDisabled={text.trim() === ''}>
        {add}
      </Button>
    </form>
  );
}
