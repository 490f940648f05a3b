package mirror.trust.shell;

/** Programs that start another program: what they start is what counts. */
final class WrapperRows {
    static final String TEXT = """
            env,genv | as cmd | v=u,unset,P,argv0,a c=C,chdir x=S,split-string,vS o=block-signal,default-signal,ignore-signal | -
            nohup,setsid,unbuffer,caffeinate,catchsegv,dbus-run-session,winpty,rlwrap,pkgx,proxychains,proxychains4,torsocks,tsocks,fakeroot | cmd | v=t,w,f,l,s | -
            nice | cmd | v=n,adjustment | -
            ionice | cmd | v=c,class,n,classdata,p,pid,P,u | -
            chrt,taskset,setarch,linux32,linux64 | s cmd | v=p,c,pid,T,P,D | -
            numactl,cgexec,prlimit,choom | cmd | v=N,m,C,i,p,l,g,n,cpunodebind,membind,physcpubind,interleave | -
            time,gtime | cmd | w=o,output v=f,format | -
            timeout,gtimeout | s cmd | v=s,signal,k,kill-after | -
            stdbuf | cmd | v=i,o,e,input,output,error | -
            chroot | s cmd | v=userspec,groups | elevate
            busybox,toybox | cmd | - | -
            sudo | as cmd | v=u,user,g,group,h,host,p,prompt,C,close-from,r,role,t,type,U,other-user,T,command-timeout,R,chroot,a,c c=D,chdir | elevate; special sudo
            doas,run0 | as cmd | v=u,user,C,g,setenv,D,chdir | elevate; special sudo
            pkexec,gksudo,kdesudo,please | cmd | v=user,u | elevate
            gosu,su-exec | s cmd | - | elevate
            runuser,su | - | x=c,command,session-command v=g,group,G,supp-group,s,shell,u,user,w | elevate; special su
            setpriv,capsh,unshare,nsenter,bwrap,firejail,systemd-run,flatpak-spawn,start-stop-daemon | cmd | v=t,target,reuid,regid,groups,p,property,u,unit,S,G,uid,gid,x,startas,exec,bind,ro-bind,chdir,caps,C | machine starts a program in another namespace or unit
            strace,ltrace,dtruss | cmd | w=o,output v=e,p,s,u,E,P,a,S,I,O,trace | machine attaches to a process if p
            perf | s cmd | w=o v=e,F,g,p | -
            valgrind,heaptrack,rr | cmd | w=log-file,xml-file v=tool | -
            gdb,lldb | cmd | v=p,pid,ex,eval-command,x,command,iex,o,O | opaque a debugger runs commands of its own if ex,eval-command,x,command,iex,o,O
            flock | s ?c,command:cmd | x=c,command v=w,timeout,wait,E,conflict-exit-code | -
            script | w cmd | x=c,command v=t,T,I,O,B,E,m | -
            watch,gwatch | sh | v=n,interval,q,equexit | -
            entr | cmd | v=none | -
            watchexec,nodemon,chokidar,reflex,air | cmd | v=w,watch,e,exts,i,ignore,f,filter,signal,d,delay,r,regex x=x,exec,c,command | -
            hyperfine | sh | x=p,prepare,s,setup,c,cleanup v=w,warmup,r,runs,m,M,L,n,N,S,shell,P,D w=export-json,export-csv,export-markdown | -
            tmux,screen,zellij,byobu | - | - | special multiplexer
            expect | f | x=none v=d | opaque expect runs a script of its own if c
            direnv exec | s cmd | - | -
            dotenv,dotenvx,cross-env,with-env | as cmd | v=f,e,c | -
            poetry,pipenv,hatch,rye,pdm,uv,bundle,rbenv,pyenv,nodenv,asdf,mise,volta,devbox,pixi run,exec | cmd | v=p,python,with,package,extra,group,e,env,C,directory | -
            conda,mamba,micromamba run | cmd | v=n,name,p,prefix,cwd | -
            nix-shell | - | x=run,command v=p,packages,I,A,attr | -
            npx,bunx,pnpx | cmd | x=c,call v=p,package,w | net registry.npmjs.org; special package-source
            uvx | cmd | v=p,python,with,from | net pypi.org
            pipx | s* | - | net pypi.org if =run,=install,=upgrade
            xvfb-run,xwfb-run | cmd | v=n,s,server-num,server-args,e,f,w | -
            ccache,sccache,distcc,bear,scan-build | cmd | - | -
            faketime | s cmd | v=f | -
            ssh,autossh,mosh,dropbear | h sh | v=b,c,B,D,E,e,F,I,i,J,L,l,m,O,p,Q,R,S,W,w v=o | special ssh
            sshpass | cmd | v=p,f,d,P,e | -
            adb shell | sh | - | machine changes another device
            lima,limactl,vagrant,wsl,multipass | s* | - | machine uses a virtual machine unless =list,=status,=info,=version
            """;

    private WrapperRows() {}
}
