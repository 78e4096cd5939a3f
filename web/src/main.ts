/**
 * In: index.html. Out: the mounted dashboard. Called by: the browser.
 */
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './app/App.vue';
import { createAppRouter } from './app/router.ts';
import { applyTheme } from './app/theme.ts';
import './ui/tokens.css';
import './ui/base.css';

applyTheme();
const app = createApp(App);
app.use(createPinia());
app.use(createAppRouter());
app.mount('#app');
