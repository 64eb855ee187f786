// Keeps a part that cannot be drawn from taking the whole page with it.

import { Component, type ReactNode } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from './Button';
import { Code } from './Code';
import { Icon } from './Icon';

interface State {
  error: Error | null;
}

export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? (
      <Broken error={error} onRetry={() => this.setState({ error: null })} />
    ) : (
      this.props.children
    );
  }
}

function Broken({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const { t } = useI18n();
  return (
    <div className="fault" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          <strong>{t('fault.cannotDraw')}</strong> {t('fault.nothingLost')}
        </p>
        <p className="quiet">
          {t('fault.tellOperator')} <Code>{error.message}</Code>
        </p>
        <Button icon="refresh" onPress={onRetry}>
          {t('fault.retry')}
        </Button>
      </div>
    </div>
  );
}
