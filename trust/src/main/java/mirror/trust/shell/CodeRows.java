package mirror.trust.shell;

/** Interpreters: their argument is a program. */
final class CodeRows {
    static final String TEXT = """
            sh,bash,dash,zsh,ksh,ash,mksh,rbash,pdksh,yash,ksh93,fish,posh,hush,oil,osh | - | v=o,O,rcfile,init-file | special shell
            python,python3,pypy,pypy3,ipython,jython,micropython,py | - | v=W,X,check-hash-based-pycs | special python
            node,nodejs,deno,tsx,ts-node,iojs,qjs,d8,rhino | - | v=r,require,import,loader,C,conditions,env-file,stack-size,max-old-space-size,inspect,title l=r,require,import,loader,experimental-loader | special node
            perl,perl5,raku | - | - | special perl
            ruby,jruby,irb,truffleruby | - | v=r,I,E,K,C | special ruby
            php,php-cgi,hhvm | - | v=d,c,S,t,z | special php
            lua,luajit,tclsh,wish,guile,racket,clojure,clj,bb,scala,groovy,jshell,kotlin,elixir,iex,erl,escript,julia,R,Rscript,octave,ghci,runghc,ocaml,swipl,sbcl,clisp,csi,janet,nu,pwsh,powershell,cmd,osascript,gjs,cscript,wscript,mshta,rundll32,regsvr32,elvish,xonsh,nush,crystal,coffee,io,gforth,gnuplot,maxima,sage,mathematica,wolframscript,dotnet-script,fsi,csharp,groovysh,amm,ipy,bpython,ptpython,jbang | - | - | special other-code
            """;

    private CodeRows() {}
}
