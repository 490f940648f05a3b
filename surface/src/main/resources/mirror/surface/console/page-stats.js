import { h } from './dom.js';
import { Page, head } from './page.js';
class X extends Page { show() { this.append(head('stats')); } }
customElements.define('page-stats', X);
