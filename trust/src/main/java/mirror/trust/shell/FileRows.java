package mirror.trust.shell;

/** Programs that work on files and text. */
final class FileRows {
    static final String TEXT = """
            cat | r* | - | out filter if n,b,A,E,T,v,s,e,t,number,show-all,squeeze-blank,show-ends,show-tabs,show-nonprinting,number-nonblank; out stdin
            rev,zcat,bzcat,xzcat,zstdcat,batcat | r* | - | out filter
            tac | r* | v=s,separator | out filter
            nl | r* | v=b,d,f,h,i,l,n,s,v,w | out filter
            fold | r* | v=w,width | out filter
            fmt | r* | v=w,width,p,g | out filter
            expand,unexpand,colrm | r* | v=t,tabs | out filter
            pr | r* | v=h,l,o,w,W,D,N | out filter
            column | r* | v=c,s,o,l,N,H,R,T,E,W | out filter
            pv | r* | v=L,s,N,i,w,H,B,F,D,d | out stdin
            iconv | r* | v=f,t,from-code,to-code w=o,output | out filter
            bat | r* | v=l,language,theme,style,r,line-range,H x=pager | out stdin
            head,tail | r* | v=n,c,lines,bytes,pid,s | out filter
            less,more,most,zless,zmore,pg | r* | w=o,O,log-file v=p,P,t,T,b,x,y,j,h r=k,lesskey-file | special pager; out stdin
            grep,egrep,ugrep,fgrep,zgrep | ?e,regexp,f,file:s r* | v=e,regexp,m,max-count,A,B,C,after-context,before-context,context,D,d,include,exclude,exclude-dir,label r=f,file,exclude-from o=color,colour | read . if r,R,recursive if #1; out filter
            rg | ?e,regexp,f,file,files:s r* | v=e,regexp,m,max-count,A,B,C,g,glob,iglob,t,T,type,type-not,d,max-depth,r,replace,E,encoding,j,threads,M,max-columns,sort,sortr,context,after-context,before-context,color,colors,engine r=f,file,ignore-file x=pre,hostname-bin | read . if #1; read . if files; out listing
            ag,ack | s r* | v=m,max-count,A,B,C,G,g,W,depth,output,type,ignore,ignore-dir,ignore-file x=pager r=p,path-to-ignore,files-from | read . if #1; read . if #0; out listing
            ls,dir,vdir | r* | v=I,ignore,hide,w,width,T,tabsize,block-size,sort,time-style,time,quoting-style o=color,colour,format,indicator-style,classify,hyperlink | read . if #0; out under
            exa,eza,lsd | r* | v=L,level,s,sort,I,ignore-glob,t,time,time-style,width,depth o=color,colour,icons | read . if #0; out under
            tree | r* | v=L,P,I,H,T,charset,filelimit,timefmt,sort w=o | read . if #0; out under
            wc,cksum,md5sum,sha1sum,sha224sum,sha256sum,sha384sum,sha512sum,b2sum,b3sum,md5,shasum,sum | r* | r=files0-from v=a,algorithm | out number
            du,ncdu | r* | v=d,max-depth,B,block-size,t,threshold,exclude,I r=X,exclude-from,files0-from w=o | read . if #0
            stat | r* | v=c,format,printf,t | -
            file | r* | v=e,exclude,F,separator,P r=f,files-from,m,magic-file | -
            mirror prove | s* | w=o,out r=check,key | -
            cmp | r r s* | v=n,bytes,i,ignore-initial | -
            strings,readelf,nm,objdump,size,ldd,identify,exiftool | r* | v=n,t,e,bytes,radix,encoding | -
            hexdump,hd | r* | v=n,s,e r=f | -
            od | r* | v=A,j,N,t,S o=w | out filter
            diff,colordiff,sdiff,diff3,zdiff,delta | r* | v=U,C,W,x,exclude,I,F,width,label,L,tabsize w=o r=X,exclude-from,from-file,to-file o=unified,context,color | out filter
            comm | r* | v=output-delimiter | out filter
            join | r* | v=1,2,t,o,e,a,j,v | out filter
            paste | r* | v=d,delimiters | out filter
            sort | r* | w=o,output x=compress-program v=k,key,t,field-separator,S,buffer-size,parallel,batch-size,T,temporary-directory r=files0-from,random-source | out filter
            uniq | r w | v=f,s,w,skip-fields,skip-chars,check-chars | out filter
            cut | r* | v=d,f,c,b,delimiter,fields,characters,bytes,output-delimiter | out filter
            shuf | r* | v=n,i,head-count,input-range w=o,output r=random-source | out filter
            tr,expr,factor,numfmt,yes,sleep,usleep,cal | s* | v=d,delimiter,from,to,field,format | out filter
            seq,jot | s* | v=f,s,w,format,separator | out number
            bc,dc | r* | v=e,expression r=f,file | out filter
            jq,gojq,jaq | ?f,from-file:s r* | 2=arg,argjson v=indent,L r=f,from-file 3=rawfile,slurpfile,argfile | out data
            yq | s r* | v=P,o,p,I,input-format,output-format | inplace if i,inplace; out data
            xmllint,xsltproc,tidy | r* | w=o,output v=xpath,encode,schema | inplace if m; out data
            date | - | v=d,date,s,set,f r=r,reference,file o=I,iso-8601,rfc-3339 | machine sets the clock if s,set; out name
            basename | s* | v=s,suffix | out name
            dirname,realpath,readlink | s* | v=relative-to,relative-base | special pathname
            mktemp | - | v=p,tmpdir,suffix,t | special mktemp
            whoami,hostname,uname,arch,nproc,tty,id,groups,logname,users,who,w,uptime,free,vmstat,iostat,lscpu,lsblk,lsusb,lspci,df,ps,pgrep,pidof,top,htop,lsof,fuser,printenv,locale,getconf,sw_vers,tput,stty,nvidia-smi,dmesg,last,ss,netstat,jps,cloc,tokei | s* | v=u,p,o,format,C,user | machine kills the users of a file if k,kill; machine changes the host name if #1 if b,F; out name
            which,whereis,type,man,info,whatis,apropos,help,tldr,clear,reset | s* | x=P,pager,H,html,preprocessor v=s,S,L,M | out text
            touch | w* | v=d,date,t r=r,reference | -
            mkdir | w* | v=m,mode | -
            mkfifo | w* | v=m,mode | special pipe
            mknod | w s* | v=m,mode | special pipe
            rmdir | d* | - | -
            rm,rimraf,srm | d* | - | recursive if r,R,recursive,d,dir
            trash,trash-put,gio-trash,del | d* | - | -
            unlink | d | - | -
            shred,wipe | d* | v=n,iterations,s,size,random-source | recursive if r
            truncate | w* | v=s,size,r,reference | special truncate
            chmod,chown,chgrp | ?reference:s w* | v=reference,from | special mode
            chcon | ?reference:s w* | v=reference,u,r,t,l | -
            chattr | s w* | v=p,v | machine changes what may be done with a file
            setcap | s* | - | elevate; inplace
            setfacl,setfattr,xattr | w* | v=m,modify,x,remove,n,name,v,value,X,M,d,p | -
            cp,ditto | r* ?t,target-directory:w | w=t,target-directory v=S,suffix o=backup,preserve,no-preserve,reflink,sparse,Z | special copy
            mv | m* ?t,target-directory:w | w=t,target-directory v=S,suffix o=backup,update,Z | special move
            ln | s* ?t,target-directory:w | w=t,target-directory v=S,suffix o=backup | special link
            install | ?d,directory:r* w | w=t,target-directory v=m,mode,o,owner,g,group,S,suffix x=strip-program | inplace if d,directory; special copy
            tee,sponge | w* | - | special tee
            dd | - | - | special dd
            split | r w | x=filter v=b,l,n,C,a,t,bytes,lines,number,suffix-length,additional-suffix,separator,line-bytes o=numeric-suffixes,hex-suffixes | write .
            csplit | r s* | v=f,b,n,prefix,suffix-format,digits | write .
            patch | w r | r=i,input w=o,output,r,reject-file c=d,directory v=p,strip,F,B,z,V | write .
            sed | - | o=i,in-place v=l,line-length | special sed
            awk,gawk,mawk,nawk,goawk | - | - | special awk
            find,fd,fdfind | - | - | special find
            xargs | - | - | special xargs
            parallel,rush | - | - | special parallel
            tar,bsdtar | - | v=b,blocking-factor,exclude,owner,group,mode,mtime,format,transform,xform,strip-components,H,g,K,N,newer,V,label,level,sort,s,starting-file,checkpoint,warning,suffix,occurrence,quoting-style r=T,files-from,X,exclude-from v=C,directory,cd x=to-command,I,use-compress-program,F,info-script,new-volume-script,rsh-command,rmt-command v=checkpoint-action o=f,file | special tar
            zip | w r* | v=x,i,b,t,tt,n,P x=unzip-command | special zip; consume if m,move; write .
            unzip | r s* | w=d v=P,x | write . unless d,l,t,p,Z,v
            7z,7za,7zz,rar,unrar | s w r* | o=p w=o | write .
            gzip,gunzip,bzip2,bunzip2,xz,unxz,zstd,unzstd,lzma,lz4,compress,uncompress,pigz,brotli | w* | v=S,suffix,T,threads,b w=o | out stdin-changed
            cpio | - | w=O,F x=rsh-command c=D v=H,R | write . if i,extract,p; opaque cpio writes wherever the archive says if i,extract unless no-absolute-filenames; out filter
            ar,ranlib,strip,objcopy | s w r* | w=o | -
            base64,base32,xxd,uuencode,uudecode,hexyl | r w | v=w,wrap,l,s,c,g w=o,output r=i,input | out stdin-changed
            openssl | s* | w=out,keyout r=in,inkey,CAfile,cert,key v=k,K,iv,pass,passin,passout,subj,days,newkey,connect | single; net * if =s_client; net * if =s_server; special sends-input if =s_client; opaque openssl loads code if engine,provider,provider-path; out stdin-changed
            gpg,gpg2,age | r* | w=o,output v=u,r,recipient,local-user,passphrase,keyserver,homedir r=i,identity,passphrase-file | machine deletes keys if delete-keys,delete-secret-keys,delete-secret-and-public-keys; net * if recv-keys,search-keys,send-keys,refresh-keys; machine uses stored secrets if export-secret-keys,export-secret-subkeys; out stdin-changed
            pbpaste,xclip,xsel,wl-paste,screencapture,scrot,grim,maim,gnome-screenshot,spectacle | s* | - | machine takes what is on the clipboard or the screen
            vim,vi,nvim,gvim,ex,rvim,view,vimdiff,gview | - | - | special vim
            nano,pico,micro,helix,hx,kate,gedit,code,subl | w* | - | -
            emacs,emacsclient | w* | x=eval,execute r=l,load,script | opaque emacs runs Lisp if eval,execute,f,funcall,batch
            ed,red | w | v=p | special ed
            mogrify | w* | - | -
            convert,ffmpeg,magick,sox | r* w | r=i v=vf,af,c,b,r,s,ss,t,to,f,map,resize,crop,quality,preset,crf,filter_complex,density,background,gravity,geometry,filter:v,filter:a,c:v,c:a,b:v,b:a,codec:v,codec:a,vcodec,acodec,loglevel,pix_fmt,vframes,frames:v,q:v,movflags,metadata,threads,ar,ac,rotate,fill,pointsize,font,annotate,extent,thumbnail,strip,define,delay,loop,depth,colors,type | single
            rename,prename,file-rename | - | - | special rename
            dos2unix,unix2dos,recode | w* | - | -
            envsubst,gettext,m4,cpp | r* | - | out filter
            sqlite3 | w q* | x=cmd r=init,import | special sqlite; machine changes a database if ~none
            open,xdg-open,start | s* | - | opaque another program is asked to open something unless R,reveal
            watchman,locate,mdfind,plocate | s* | - | out text
            """;

    private FileRows() {}
}
