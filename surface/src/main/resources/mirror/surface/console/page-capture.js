import { h } from './dom.js';
import { Page, head } from './page.js';
class X extends Page { show() { this.append(head('capture')); } }
customElements.define('page-capture', X);
