// What a case asks for: its words, its end, who may see it, where it goes.

import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useI18n } from '../i18n/i18n';
import { go } from '../route/route';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { changeCase, mergeCase, shareCase, splitCase, type Case } from './api';
import { usePlaced } from './CaseView';
import { tlpText } from './signs';

const TITLE_CHARS_MAX = 200;
const SUMMARY_CHARS_MAX = 10_000;
const WORDS_CHARS_MAX = 4000;

interface FormProps {
  title: string;
  submit: string;
  onSubmit: () => void;
  onClose: () => void;
  isPending?: boolean;
  children: ReactNode;
}

function FormDialog({ title, submit, onSubmit, onClose, isPending = false, children }: FormProps) {
  const { t } = useI18n();
  const onForm = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={onForm}>
        {children}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={isPending}>
            {submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface Props {
  found: Case;
  onClose: () => void;
}

/** Sends one change of the case and closes the dialog when it is done. */
function useSent(onClose: () => void, after: (found: Case) => void = () => {}) {
  const i18n = useI18n();
  const placed = usePlaced();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (send: () => Promise<Case>) => send(),
    onSuccess: (found) => {
      placed(found);
      onClose();
      after(found);
    },
  });
  return { send: mutate, isPending, error: error ? faultText(error, i18n) : null };
}

export function SummaryDialog({ found, onClose }: Props) {
  const { t } = useI18n();
  const [title, setTitle] = useState(found.title);
  const [summary, setSummary] = useState(found.summary);
  // Against the version that was read when the writing began.
  const [version] = useState(found.version);
  const { send, isPending, error } = useSent(onClose);
  return (
    <FormDialog
      title={t('cases.editSummary')}
      submit={t('cases.save')}
      onSubmit={() => send(() => changeCase(found.id, version, { title, summary }))}
      onClose={onClose}
      isPending={isPending}
    >
      <Field
        label={t('cases.titleField')}
        value={title}
        onChange={setTitle}
        maxLength={TITLE_CHARS_MAX}
        isRequired
      />
      <Field
        label={t('cases.summary')}
        help={t('cases.summaryHelp')}
        rows={8}
        value={summary}
        onChange={setSummary}
        maxLength={SUMMARY_CHARS_MAX}
        error={error}
      />
    </FormDialog>
  );
}

export function ResolveDialog({
  onSubmit,
  onClose,
}: {
  onSubmit: (text: string) => void;
  onClose: () => void;
}) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const submit = () => {
    setTried(true);
    if (text.trim() !== '') onSubmit(text.trim());
  };
  return (
    <FormDialog title={t('cases.close')} submit={t('cases.close')} onSubmit={submit} onClose={onClose}>
      <Field
        label={t('cases.resolution')}
        help={t('cases.resolutionHelp')}
        rows={4}
        value={text}
        onChange={setText}
        maxLength={WORDS_CHARS_MAX}
        error={tried && text.trim() === '' ? t('cases.resolutionNeeded') : null}
        // The dialog is opened to write here.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
      />
    </FormDialog>
  );
}

export function AgenciesDialog({ found, onClose }: Props) {
  const { t } = useI18n();
  const [text, setText] = useState(found.shared_with.join(' '));
  const { send, isPending, error } = useSent(onClose);
  const agencies = text.split(/[\s,]+/).filter((each) => each !== '');
  return (
    <FormDialog
      title={t('cases.share')}
      submit={t('cases.share')}
      onSubmit={() => send(() => shareCase(found.id, found.version, agencies))}
      onClose={onClose}
      isPending={isPending}
    >
      <p className="quiet">{t('cases.shareWhat', { tlp: tlpText(found.tlp) })}</p>
      <Field
        label={t('cases.shareWith')}
        help={t('cases.shareHelp')}
        value={text}
        onChange={setText}
        error={error}
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
      />
    </FormDialog>
  );
}

export function MergeDialog({ found, onClose }: Props) {
  const { t } = useI18n();
  const [into, setInto] = useState('');
  const { send, isPending, error } = useSent(onClose, (other) =>
    go(`/cases/${encodeURIComponent(other.id)}`),
  );
  return (
    <FormDialog
      title={t('cases.merge')}
      submit={t('cases.merge')}
      onSubmit={() => into.trim() !== '' && send(() => mergeCase(found.id, found.version, into.trim()))}
      onClose={onClose}
      isPending={isPending}
    >
      <Field
        label={t('cases.mergeInto')}
        help={t('cases.mergeHelp')}
        value={into}
        onChange={setInto}
        error={error}
        isRequired
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
      />
    </FormDialog>
  );
}

export function SplitDialog({ found, alerts, onClose }: Props & { alerts: string[] }) {
  const { t } = useI18n();
  const [title, setTitle] = useState('');
  const { send, isPending, error } = useSent(onClose, (other) =>
    go(`/cases/${encodeURIComponent(other.id)}`),
  );
  return (
    <FormDialog
      title={t('cases.split', { count: alerts.length })}
      submit={t('cases.splitDo')}
      onSubmit={() =>
        title.trim() !== '' && send(() => splitCase(found.id, found.version, { title, alerts }))
      }
      onClose={onClose}
      isPending={isPending}
    >
      <Field
        label={t('cases.titleField')}
        value={title}
        onChange={setTitle}
        maxLength={TITLE_CHARS_MAX}
        error={error}
        isRequired
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
      />
    </FormDialog>
  );
}
