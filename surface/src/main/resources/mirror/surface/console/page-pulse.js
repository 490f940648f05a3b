import { h } from './dom.js';
import { Page, head } from './page.js';
class X extends Page { show() { this.append(head('pulse')); } }
customElements.define('page-pulse', X);
