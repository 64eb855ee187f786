// What is to be done in a case.

import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import { addTask, changeTask, type Case, type Task } from './api';
import { usePlaced } from './CaseView';

const TITLE_CHARS_MAX = 200;

export function Tasks({ found }: { found: Case }) {
  const i18n = useI18n();
  const { t } = i18n;
  const placed = usePlaced();
  const { mutate } = useMutation({
    mutationFn: (send: () => Promise<Case>) => send(),
    onSuccess: placed,
    onError: (error) => toast(faultText(error, i18n), { kind: 'fault' }),
  });
  const may = found.may_add && found.merged_into === null;
  return (
    <section>
      <h2>{t('cases.tasks')}</h2>
      {found.tasks.length === 0 && <p className="quiet">{t('cases.noTasks')}</p>}
      <ul className="case-list">
        {found.tasks.map((task) => (
          <Row key={task.id} task={task} may={may} onSend={mutate} />
        ))}
      </ul>
      {may && <NewTask found={found} onSend={mutate} />}
    </section>
  );
}

type Send = (send: () => Promise<Case>) => void;

function Row({ task, may, onSend }: { task: Task; may: boolean; onSend: Send }) {
  const { t } = useI18n();
  const me = useMe();
  const done = task.state !== 'open';
  return (
    <li data-done={done || undefined}>
      <input
        type="checkbox"
        aria-label={t('cases.taskDone', { title: task.title })}
        checked={done}
        disabled={!may}
        onChange={() => onSend(() => changeTask(task, { state: done ? 'open' : 'done' }))}
      />
      <span className="case-list-what">
        {task.title}{' '}
        {task.due !== null && (
          <span className="quiet">
            {t('cases.due')} <When ms={task.due} />
          </span>
        )}
      </span>
      {may && task.assignee === null ? (
        <Button kind="quiet" onPress={() => onSend(() => changeTask(task, { assignee: me.user }))}>
          {t('cases.take')}
        </Button>
      ) : (
        <span className="quiet">{task.assignee ?? t('cases.nobody')}</span>
      )}
    </li>
  );
}

function NewTask({ found, onSend }: { found: Case; onSend: Send }) {
  const { t } = useI18n();
  const [title, setTitle] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const plain = title.trim();
    if (plain === '') return;
    onSend(() => addTask(found.id, { title: plain }));
    setTitle('');
  };
  return (
    <form className="case-new" onSubmit={submit}>
      <Field label={t('cases.newTask')} value={title} onChange={setTitle} maxLength={TITLE_CHARS_MAX} />
      <Button type="submit" isDisabled={title.trim() === ''}>
        {t('cases.addTask')}
      </Button>
    </form>
  );
}
