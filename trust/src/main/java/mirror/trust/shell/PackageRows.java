package mirror.trust.shell;

/** Package managers and build tools. Building and testing runs the project's own code, which is ordinary work. */
final class PackageRows {
    static final String TEXT = """
            npm,pnpm,yarn,bun | s* | c=C,prefix,cwd,dir v=w,workspace,filter,registry,loglevel,tag,otp x=script-shell y=e,eval,print | net * if #0 unless version,v,help,h; opaque runs scripts with another shell if script-shell
            npm,pnpm,yarn,bun install,i,add,ci,update,up,upgrade,create,init,dlx,x,audit,outdated,view,info,search,install-test,it,dedupe,import,fetch,patch,rebuild,rb,show,v | s* | v=w,workspace,filter,tag,package,p u=registry c=C,prefix,cwd,dir x=c,call | net *; opaque runs scripts with another shell if script-shell; special package-source
            npm,pnpm,yarn,bun exec | cmd | v=p,package,w,workspace x=c,call | net *
            npm,pnpm,yarn,bun run,test,t,start,stop,restart,run-script,why,list,ls,la,ll,root,bin,pack,version,help,prune,link,unlink,ln,fund,ping,doctor,explain,pkg,query,remove,rm,uninstall,un,r,build,dev,lint,format,bench,repl,workspaces,workspace,node,tsc,vitest,jest,eslint,prettier,set,plugin,constraints,store,env,completion,approve-builds,recursive,typecheck,check,preview | s* | v=w,workspace,filter c=C,prefix,cwd,dir | opaque runs scripts with another shell if script-shell
            npm,pnpm,yarn,bun config | s* | v=L,location | write ~/.npmrc unless =get,=list,=ls; opaque changes what npm runs if ~script-shell
            npm,pnpm,yarn,bun cache | s* | - | delete ~/.npm if =clean,=clear
            npm,pnpm,yarn,bun publish | s* | v=tag,access,otp,registry | publish! npm unless dry-run; net *
            npm,pnpm,yarn,bun unpublish,deprecate,dist-tag,owner,access,team,profile,token,hook,adduser,login,logout,star,org | s* | v=otp,registry,scope | publish! npm unless =ls,=list; net *
            yarn npm | s* | v=tag,access,otp | publish! npm if =publish,=unpublish; net *
            lerna,changeset,semantic-release,np,release-it,changesets,standard-version | s* | - | publish! npm unless =version,=status,=add,=run,=list,=ls,=bootstrap,dry-run,d
            pip,pip3 | s* | v=proxy,timeout,cache-dir,log,python | write ~/.config/pip/pip.conf if =set,=unset,=edit if =config
            pip install,download,wheel,index,search | s* | u=i,index-url,extra-index-url,f,find-links v=c,platform,python-version,abi,progress-bar,implementation,config-settings,C,no-binary,only-binary,trusted-host r=r,requirement,constraint w=t,target,d,dest,w,wheel-dir,prefix,root r=e,editable | net *; special package-source
            uv | s* | v=p,python,directory,project c=directory | special package-source; net * if =sync,=lock,=add,=pip,=python,=tool,=self; publish! pypi if =publish
            poetry,pdm,hatch,flit,rye,pipenv,conda,mamba,micromamba,setuptools | s* | v=n,name,p,prefix,c,channel,C,directory | special package-source; net * if =install,=add,=update,=lock,=create,=sync,=self; publish! pypi if =publish unless dry-run,n; delete ~/.conda-env if =remove if =env
            twine | s* | v=r,repository,u,username,p,password,repository-url | publish! pypi if =upload,=register; net *
            cargo | s* | c=C v=Z,config,color,manifest-path,p,package,features,F,target,j,jobs,bin,example,test,bench,profile w=target-dir,root,out-dir u=git,index | opaque cargo installs from an address if =install if git; net * if =install,=add,=update,=fetch,=search,=generate-lockfile,=binstall; publish! crates.io if =publish unless dry-run,n; publish! crates.io if =yank,=owner,=login; opaque changes what cargo runs if config
            rustup,ghcup,sdk,nvm,fnm,n,pyenv,rbenv,nodenv,asdf,mise,volta,jenv,tfenv,goenv,devbox,pixi | s* | - | machine removes itself if =self if =uninstall; net * if =install,=update,=self,=use,=upgrade,=add,=toolchain
            go | s* | c=C v=o,tags,ldflags,gcflags,run,bench,count,timeout,p,mod,modfile,coverprofile,exec,overlay,asmflags,cpuprofile,memprofile,toolexec,vettool x=exec,toolexec,vettool | single; net * if =install,=get,=mod; delete ~/go/pkg/mod if =clean if modcache
            gem | s* | v=v,version,n,k,key w=i,install-dir u=s,source,host,clear-sources | net * if =install,=update,=fetch,=search,=specification; publish! rubygems if =push,=yank,=owner; net * if =push
            bundle,bundler | s* | v=jobs,path,without,with,gemfile,retry | net * if #0; net * if =install,=update,=add,=outdated; publish! rubygems if =release
            rake,bundle-rake | s* | x=e,E,execute,p v=f,r | publish! rubygems if =release
            composer | s* | c=d,working-dir v=n | net * if =install,=update,=require,=create-project,=global,=self-update
            mvn,mvnw,mvnd | s* | v=pl,projects,f,file,P,rf,T,s,settings,gs,D,l,log-file,t | publish! maven if =deploy,=release:perform,^deploy:,^nexus-staging:,^central-publishing:
            gradle,gradlew | s* | v=p,project-dir,b,x,I,init-script,g,D,P,console,c | publish! maven if =publish,^publish,~:publish,=uploadArchives,=closeAndReleaseRepository unless =publishToMavenLocal
            sbt,lein,mill,ant,bazel,bazelisk,buck,pants,nx,turbo,just,task,ninja,meson,cmake,ctest,msbuild,xcodebuild,swift,zig,dotnet,stack,cabal,mix,rebar3,dune,opam,luarocks,dart,flutter,tox,nox,invoke,fab,pytest,jest,vitest,mocha,eslint,prettier,black,ruff,mypy,pyright,tsc,webpack,vite,rollup,esbuild,playwright,cypress,next,nuxt,astro,gulp,grunt,rspec,rubocop,phpunit,golangci-lint,goimports,gofmt,clang-format,clang-tidy,shellcheck,shfmt,hadolint,yamllint,markdownlint,taplo,biome,pylint,flake8,isort,coverage,javac,java,jar,javap,kotlinc,scalac,as,cl,nvcc,protoc,buf,ghc,nasm,swiftc,fpc,gfortran | s* | - | publish! a package if =publish,=hex.publish,=deploy,=push,=upload unless dry-run,n,dry
            rustc,gcc,g++,cc,c++,clang,clang++,ld,pandoc | s* | w=o,output v=I,L,l,D,x,isystem,include,MF,MT,arch,target,f,t | -
            make,gmake,remake | s* | c=C,directory r=f,file,makefile,I,include-dir v=j,jobs,l,o,W,W,eval | opaque make reads rules from its command line if eval,E; special make
            apt,apt-get,aptitude,dnf,yum,zypper,pacman,apk,emerge,xbps-install,xbps-remove,snap,flatpak,brew,port,nix-env,nix,guix,choco,scoop,winget,pkg,pkg_add,tdnf,microdnf,rpm,dpkg,eopkg,swupd | s* | v=o,c,t,target-release,root,r,s,b,prefix,f,I | special system-packages; special package-source
            docker,podman,nerdctl,buildah,finch | s* | v=c,context,l,log-level,config,connection,url,f,file,p,project-name,profile,env-file,project-directory u=H,host | net * if =pull,=push,=run,=build,=login,=search,=create,=buildx; special container
            docker-compose,podman-compose | s* | v=f,file,p,project-name,profile,env-file,project-directory | special container
            kubectl,oc,k3s,k,microk8s,minikube,kind,k3d,helm,helmfile,argocd,flux,istioctl,kustomize,velero,eksctl,skaffold,tilt,nomad,consul,vault,etcdctl,calicoctl | s* | v=n,namespace,context,kubeconfig,f,filename,o,output,l,selector,c,container,cluster,user,tail,since,set,values,version,p,patch,type,timeout,for,field-selector,jsonpath,sort-by,replicas,image,raw | net *; special cluster; special stored-secret
            skopeo,crane,oras,regctl,cosign | s* | - | net *; publish! an image if =copy,=push,=delete,=sign,=tag,=sync
            ansible,ansible-playbook,salt,puppet,chef-client,pdsh,clush,mussh,pssh,fabric | s* | v=i,l,e,m,a,u,w,h | net *; machine changes other machines unless syntax-check,list-hosts,list-tasks,C,check,version
            packer | s* | - | net *; machine builds machine images if =build
            vsce,ovsx,clasp,expo,fastlane,hackage,conan,vcpkg,charm,snapcraft,cocoapods,pod,nuget,paket,goreleaser,jreleaser | s* | - | net *; publish! a package if =publish,=push,=upload,=release,=deploy,=trunk,=unpublish unless snapshot,dry-run
            hf,huggingface-cli,wandb,kaggle,modal,replicate,dvc | s* | - | net *; publish! a model or data set if =upload,=push,=upload-large-folder,=deploy,=delete,=create
            """;

    private PackageRows() {}
}
