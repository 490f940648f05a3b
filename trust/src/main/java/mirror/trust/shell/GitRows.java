package mirror.trust.shell;

/** git and the programs around it. */
final class GitRows {
    static final String TEXT = """
            git | s* | c=C v=git-dir,work-tree,namespace,super-prefix,attr-source l=exec-path g=c,config-env | special git
            git status,log,show,diff,blame,annotate,shortlog,describe,rev-list,ls-tree,cat-file,show-ref,for-each-ref,name-rev,merge-base,whatchanged,diff-tree,diff-index,diff-files,count-objects,check-ignore,check-attr,var,help,version,cherry,range-diff,verify-commit,verify-tag,fsck,show-branch,rev-parse,hash-object,patch-id,merge-tree,get-tar-commit-id,fmt-merge-msg,column,stripspace,interpret-trailers,diagnose,for-each-repo,merge-file,mktree,commit-tree,write-tree,check-ref-format,check-mailmap,difftool--helper,cvsexportcommit,request-pull,bugreport,verify-pack,unpack-file,ls-files | s* | w=output v=format,pretty,since,until,after,before,author,committer,grep,n,max-count,L,S,G,U,L,sort,contains,abbrev,exclude,match,points-at,diff-filter,stat,date,M,C,O,w,e,x,X | read ; out git
            git symbolic-ref | s* | v=m | change .git if #2; lose .git/refs if d,delete
            git read-tree | s* | v=prefix | change .git; lose . if u if reset
            git lfs | s* | - | net *; change .; lose .git/lfs if =prune; lose .git if =migrate; publish! git if =push
            git credential,credential-cache,credential-store | s* | - | machine uses stored secrets
            git daemon,instaweb,http-backend,cvsserver,receive-pack,upload-pack,upload-archive | s* | - | net *; opaque git serves repositories to others
            git grep | s* | v=e,A,B,C,m,max-count x=O,open-files-in-pager r=f | read ; out git
            git ls-remote | g* | x=upload-pack,exec v=o | net * if #0; out network
            git remote | s* | - | -
            git remote add,set-url | s* | v=t,m | change .git; special git-url
            git remote remove,rm,rename,prune,set-head,set-branches | s* | - | change .git
            git remote update,show | s* | - | net *
            git config | s* | w=f,file v=blob,type,default,comment | change .git if #2; special git-config
            git add,stage,update-index | s* | r=pathspec-from-file | change .git
            git commit | s* | v=m,message,C,c,reuse-message,reedit-message,fixup,squash,author,date,S,trailer,cleanup,u r=F,file,t,template,pathspec-from-file | change .git
            git notes,replace,pack-refs,repack,prune-packed,maintenance,multi-pack-index,commit-graph,bundle,rerere,sparse-checkout,init,init-db,fetch-pack,index-pack,pack-objects,unpack-objects,update-server-info,hook,refs,scalar | s* | v=b,initial-branch,separate-git-dir,object-format,m,F,C r=template | change .git
            git tag | s* | v=m,message,u,local-user,sort,contains,merged,no-merged,points-at,format r=F,file | change .git; lose .git/refs/tags if f,force; lose .git/refs/tags if d,delete
                        git branch | s* | v=u,set-upstream-to,contains,merged,no-merged,sort,format,points-at,no-contains | change .git if #+; lose .git/refs/heads if D; lose .git/refs/heads if d,delete if f,force; lose .git/refs/heads if M,C; lose .git/refs/heads if f,force if #+; out git
            git merge,cherry-pick,revert,am,apply,mv,merge-recursive,mergetool,quiltimport | s* | v=m,s,strategy,X,strategy-option,F,x,p,directory,S,exclude,include,t,tool r=file x=none | change . unless check,stat,numstat,summary
            git rebase | s* | x=x,exec v=onto,s,strategy,X,C,whitespace | change .
            git checkout | s* | v=b,B,orphan,conflict r=pathspec-from-file | special git-checkout; change .
            git switch | s* | v=c,create,C,force-create,orphan,conflict | change .; lose . if f,force,discard-changes; lose .git/refs/heads if C,force-create
            git restore | s* | v=s,source,conflict r=pathspec-from-file | lose . unless S,staged; lose . if W,worktree; change .
            git reset | s* | v=none r=pathspec-from-file | lose . if hard,merge,keep; change .git
            git clean | s* | v=e,exclude | lose . if f,force unless n,dry-run
            git rm | s* | r=pathspec-from-file | special git-rm; change .git
            git stash | s* | v=m,message | change .
            git stash list,show,create | s* | v=format | -
            git stash push,save,pop,apply,branch,store | s* | v=m,message r=pathspec-from-file | change .
            git stash drop,clear | s* | - | lose .git/refs/stash
            git worktree | s* | - | -
            git worktree add | w s* | v=b,B,reason | change .git
            git worktree remove | d | - | recursive if f,force; change .git
            git worktree move | m w | - | special move
            git worktree prune,lock,unlock,repair | s* | v=reason,expire | change .git
            git reflog | s* | v=format,n,date | -
            git reflog expire,delete,drop | s* | v=expire,expire-unreachable | lose .git/logs unless n,dry-run
            git gc | s* | o=prune | lose .git/objects if prune; change .git
            git prune | s* | v=expire | lose .git/objects unless n,dry-run
            git update-ref | s* | v=m | lose .git/refs if d,delete,stdin; lose .git/refs if #2; lose .git/refs if #3; change .git
            git filter-branch,filter-repo | s* | x=tree-filter,index-filter,msg-filter,env-filter,commit-filter,tag-name-filter,parent-filter,subdirectory-filter v=d,original,path | lose .git; opaque rewrites history with code of its own if blob-callback,commit-callback,message-callback
            git fast-import,fast-export,replay,history | s* | - | change .git; lose .git/refs if force
            git submodule | s* | v=b,branch,name,depth,reference,j | change .; net * if =update,=add,=init; lose . if =deinit; special git-submodule
            git subtree | s* | v=prefix,P,m,b,branch | change .; special git-push-subtree
            git bisect | s* | - | change .; special git-bisect
            git clone | g w | v=b,branch,depth,o,origin,j,jobs,shallow-since,shallow-exclude,filter,bundle-uri,server-option r=reference,reference-if-able,template x=u,upload-pack w=separate-git-dir g=c,config | special git-clone
            git fetch | g s* | v=depth,deepen,shallow-since,shallow-exclude,j,jobs,o,server-option,refmap,negotiation-tip,filter x=upload-pack | net * if #0; change .git; lose .git/refs if f,force if ~:; lose .git/refs if ^+
            git pull | g s* | v=depth,s,strategy,X,j,jobs,o,r x=upload-pack | net * if #0; change .; lose .git/refs if f,force
            git push | g s* | v=o,push-option,repo x=receive-pack,exec o=force-with-lease,recurse-submodules,signed | special git-push
            git send-pack,http-push | g s* | x=receive-pack,exec | publish! git; net *
            git send-email,imap-send | r* | v=to,cc,bcc,from,subject,smtp-server | publish! mail; net *
            git archive | s* | w=o,output x=exec v=remote,format,prefix | net * if remote; out git
            git format-patch | s* | w=o,output-directory v=start-number,subject-prefix,v,in-reply-to,to,cc,from,n | write . unless stdout
            git difftool | s* | x=x,extcmd v=t,tool | -
            git svn,p4,flow,cvsimport,gui,shell,lfs-transfer,absorb,town,extras,remote-https,remote-http,citool,gitk,gitweb,archimport,cola,secret,crypt,annex,standup,open,recent,web--browse | s* | - | net *; change .; publish! git if =dcommit,=push,=submit
            gh | s* | v=R,repo,hostname | net github.com; special forge
            glab,hub,tea | s* | v=R,repo,hostname | net *; special forge
            svn,hg,bzr,fossil,jj,sl | s* | v=m,message,r,revision,R,b x=e,editor-cmd,ssh,config | special vcs; net * if =update,=checkout,=pull,=clone,=fetch
            gitk,tig,lazygit | s* | - | -
            pre-commit,husky,lefthook | s* | - | -
            """;

    private GitRows() {}
}
