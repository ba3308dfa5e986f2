import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { browserStorage } from './session/browser-storage.ts';
import { createSessionStore } from './session/session.ts';
import { browserUpdates } from './update/browser-updates.ts';
import '@weft/editor/style.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/sign-in.css';
import './styles/shell.css';
import './styles/sidebar.css';
import './styles/presence.css';
import './styles/page.css';
import './styles/conversation.css';
import './styles/files.css';
import './styles/threads.css';
import './styles/overlay.css';
import './styles/search.css';
import './styles/update.css';

const place = document.getElementById('root');
if (place === null) throw new Error('index.html has no #root.');

createRoot(place).render(
  <StrictMode>
    <App sessions={createSessionStore(browserStorage())} updates={browserUpdates()} />
  </StrictMode>,
);
